import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Step } from "./steps.ts";

const example = fileURLToPath(new URL("..", import.meta.url));
const repository = fileURLToPath(new URL("../../..", import.meta.url));
const project = ["package.json", "drivers.ts", "train.ts", "infer.ts", "modules", "lib"];

/** What a step printed, and what it ran. */
export interface Told {
  readonly lines: readonly string[];
  readonly ran: readonly string[];
  readonly reused: number;
  /** Milliseconds from the start of the process to its end. */
  readonly wallMs: number;
}

/** A copy of the example in a folder of its own, as a user's project would be. */
export class Checkout {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param link puts what the example imports as `sluice` into a folder; the package as it is built unless given */
  static create(link: (to: string) => void = (to) => symlinkSync(repository, to, "junction")): Checkout {
    const folder = mkdtempSync(join(tmpdir(), "dataflow-example-"));
    for (const name of project) cpSync(join(example, name), join(folder, name), { recursive: true });
    mkdirSync(join(folder, "node_modules"));
    link(join(folder, "node_modules", "sluice"));
    const dataset = dirname(findPackageJSON("vega-datasets", import.meta.url)!);
    symlinkSync(dataset, join(folder, "node_modules", "vega-datasets"), "junction");
    return new Checkout(folder);
  }

  /** Makes the edit of a step, if it has one, and runs it. */
  act({ edit, run }: Pick<Step, "edit" | "run">): Told {
    if (edit) this.#edit(edit);
    const start = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [...run], { cwd: this.folder, encoding: "utf8" });
    const wallMs = performance.now() - start;
    if (status !== 0) throw new Error(`${run.join(" ")} ended with ${status}\n${stdout}\n${stderr}`);
    const lines = stdout.trimEnd().split("\n");
    const [, names = "", reused] = /^ran: (.*); reused: (\d+)$/.exec(lines.at(-1) ?? "") ?? [];
    if (reused === undefined) throw new Error(`this does not say what ran: ${stdout}`);
    return { lines: lines.slice(0, -1), ran: names.split(", ").filter(Boolean), reused: Number(reused), wallMs };
  }

  #edit({ file, from, to }: NonNullable<Step["edit"]>): void {
    const text = readFileSync(join(this.folder, file), "utf8");
    if (text.split(from).length !== 2) throw new Error(`${file} has "${from}" not once`);
    writeFileSync(
      join(this.folder, file),
      text.replace(from, () => to),
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
