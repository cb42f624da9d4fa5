import { spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { findPackageJSON } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunReason } from "../../../src/core/event.ts";

const example = fileURLToPath(new URL("..", import.meta.url));
const repository = fileURLToPath(new URL("../../..", import.meta.url));
const project = ["package.json", "pipeline.ts", "template.md", "lib"];

/** What `sluice run --json` says, as far as the demo reads it. */
export interface RunReport {
  readonly status: string;
  readonly savedMs: number;
  readonly nodes: Readonly<Record<string, NodeReport>>;
  /** Milliseconds from the start of the process to its end. */
  readonly wallMs: number;
}

export interface NodeReport {
  readonly status: string;
  readonly kind: string;
  readonly durationMs: number;
  readonly reasons: readonly RunReason[];
}

/** The command line as users have it, and as its source stands in this repository. */
export const built = join(repository, "bin/sluice.js");
export const source = join(repository, "src/cli.ts");

/** A copy of the example in a folder of its own, as a user's project would be. */
export class Checkout {
  readonly folder: string;
  readonly #cli: string;

  private constructor(folder: string, cli: string) {
    this.folder = folder;
    this.#cli = cli;
  }

  /** Copies the example to a new folder; `cli` is what runs there, {@link built} or {@link source}. */
  static create(cli: string): Checkout {
    return Checkout.#copy(example, project, cli);
  }

  /** Copies the project with its cache, but not what the runs made of it, to another folder. */
  clone(): Checkout {
    return Checkout.#copy(this.folder, [...project, ".sluice"], this.#cli);
  }

  static #copy(from: string, names: readonly string[], cli: string): Checkout {
    const folder = mkdtempSync(join(tmpdir(), "box-office-"));
    for (const name of names) cpSync(join(from, name), join(folder, name), { recursive: true });
    mkdirSync(join(folder, "node_modules"));
    const dataset = dirname(findPackageJSON("vega-datasets", import.meta.url)!);
    symlinkSync(dataset, join(folder, "node_modules", "vega-datasets"), "junction");
    return new Checkout(folder, cli);
  }

  /** Runs the pipeline in a process of its own. */
  async run(...options: string[]): Promise<RunReport> {
    const start = performance.now();
    const args = [this.#cli, "run", "--json", ...options];
    const child = spawn(process.execPath, args, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
    const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
    const wallMs = performance.now() - start;
    if (code !== 0) throw new Error(`sluice run ended with ${code}\n${output.stderr}${output.stdout}`);
    return { ...JSON.parse(output.stdout), wallMs };
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  /** Replaces a text that is there once. */
  edit(name: string, before: string, after: string): void {
    const parts = this.read(name).split(before);
    if (parts.length !== 2) throw new Error(`${JSON.stringify(before)} is ${parts.length - 1} times in ${name}`);
    writeFileSync(join(this.folder, name), parts.join(after));
  }

  /** What `touch` does, to every file of the project. */
  touch(): void {
    const now = new Date();
    for (const name of project) {
      const path = join(this.folder, name);
      const files = statSync(path).isDirectory() ? readdirSync(path).map((file) => join(path, file)) : [path];
      for (const file of files) utimesSync(file, now, now);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
