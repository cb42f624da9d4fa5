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
import { fileURLToPath, pathToFileURL } from "node:url";
import type { RunReason } from "../../../src/core/event.ts";

const example = fileURLToPath(new URL("..", import.meta.url));
const repository = fileURLToPath(new URL("../../..", import.meta.url));
const project = ["pipeline.ts", "template.md", "lib"];

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

/** Where `sluice` is: its command line, and what `import ... from "sluice"` leads to. */
export interface Installation {
  readonly cli: string;
  readonly index: string;
}

/** As users have it. */
export const built: Installation = { cli: join(repository, "bin/sluice.js"), index: join(repository, "dist/index.js") };

/** As it stands in this repository. */
export const source: Installation = { cli: join(repository, "src/cli.ts"), index: join(repository, "src/index.ts") };

/** A copy of the example in a folder of its own, as a user's project would be. */
export class Checkout {
  readonly folder: string;
  readonly #sluice: Installation;

  private constructor(folder: string, sluice: Installation) {
    this.folder = folder;
    this.#sluice = sluice;
  }

  /** Copies the example to a new folder. */
  static create(sluice: Installation): Checkout {
    return Checkout.#copy(example, project, sluice);
  }

  /** Copies the project with its cache, but not what the runs made of it, to another folder. */
  clone(): Checkout {
    return Checkout.#copy(this.folder, [...project, ".sluice"], this.#sluice);
  }

  static #copy(from: string, names: readonly string[], sluice: Installation): Checkout {
    const folder = mkdtempSync(join(tmpdir(), "box-office-"));
    for (const name of names) cpSync(join(from, name), join(folder, name), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
    const installed = join(folder, "node_modules", "sluice");
    mkdirSync(installed, { recursive: true });
    writeFileSync(join(installed, "package.json"), '{ "name": "sluice", "type": "module", "exports": "./index.js" }\n');
    writeFileSync(join(installed, "index.js"), `export * from ${JSON.stringify(pathToFileURL(sluice.index).href)};\n`);
    const dataset = dirname(findPackageJSON("vega-datasets", import.meta.url)!);
    symlinkSync(dataset, join(folder, "node_modules", "vega-datasets"), "junction");
    return new Checkout(folder, sluice);
  }

  /** Runs the pipeline in a process of its own. */
  async run(...options: string[]): Promise<RunReport> {
    const start = performance.now();
    const args = [this.#sluice.cli, "run", "--json", ...options];
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
