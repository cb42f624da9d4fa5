import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Failure } from "../../../src/core/failure.ts";
import { failureOf } from "../../../src/core/failure.ts";
import { exported, typesOf } from "../../rig/tested.ts";

/** A project in a folder of its own, with modules that import `sluice/dataflow`. */
export class FlowProject implements Disposable {
  /** Absolute. */
  readonly dir = realpathSync(mkdtempSync(path.join(tmpdir(), "sluice-flow-")));

  constructor(files: Readonly<Record<string, string>> = {}) {
    const entry = (name: Parameters<typeof exported>[0]): string => `export * from ${JSON.stringify(exported(name))};`;
    const exports = { ".": "./index.js", "./dataflow": "./dataflow.js" };
    this.write("package.json", '{ "type": "module" }');
    this.write("node_modules/sluice/package.json", JSON.stringify({ name: "sluice", type: "module", exports }));
    this.write("node_modules/sluice/index.js", entry("index"));
    this.write("node_modules/sluice/dataflow.js", entry("dataflow"));
    // what TypeScript sees of it
    const typed = (name: Parameters<typeof typesOf>[0]): string => `export * from ${JSON.stringify(typesOf(name))};`;
    this.write("node_modules/sluice/index.d.ts", typed("index"));
    this.write("node_modules/sluice/dataflow.d.ts", typed("dataflow"));
    for (const [file, text] of Object.entries(files)) this.write(file, text);
  }

  /** Writes a file and gives its absolute path. */
  write(file: string, text: string): string {
    const at = path.join(this.dir, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
    return at;
  }

  /** Runs a module in a process of its own and gives what it prints with `console.log(JSON.stringify(...))`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of many shapes
  async run(file: string, ...args: readonly string[]): Promise<any> {
    const child = spawn(process.execPath, [path.join(this.dir, file), ...args], { cwd: this.dir });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text) => (out += text));
    child.stderr.on("data", (text) => (err += text));
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`exit ${code}\n${out}\n${err}`);
    try {
      return JSON.parse(out);
    } catch {
      throw new Error(`no JSON: ${out}\n${err}`);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The failure that a call throws. */
export async function failing(call: () => unknown): Promise<Failure> {
  try {
    await call();
  } catch (error) {
    const found = failureOf(error);
    if (found) return found;
    throw error;
  }
  throw new Error("nothing was thrown");
}
