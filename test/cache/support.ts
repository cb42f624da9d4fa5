import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import {
  type Cache,
  type CacheKey,
  type CacheOptions,
  openCache,
  type Reason,
  SluiceError,
} from "../../src/cache/index.ts";
import { exported } from "../rig/tested.ts";

/** A folder that is gone when the test has ended. */
export function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "sluice-cache-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Writes files below a folder. */
export function write(at: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(at, name);
    mkdirSync(path.dirname(file), { recursive: true });
    // What is right already is left alone: a program that was started before may be reading it.
    if (!isThere(file, content)) writeFileSync(file, content);
  }
}

function isThere(file: string, content: string | Uint8Array): boolean {
  return existsSync(file) && readFileSync(file).equals(Buffer.from(content));
}

/** What a cache told its hooks, in a few words each. */
export type Told = string[];

/** A cache in a folder of its own (or the given one), closed when the test has ended. */
export async function cacheIn(
  root: string = folder(),
  options: CacheOptions = {},
): Promise<{ readonly cache: Cache; readonly root: string; readonly told: Told; readonly warnings: string[] }> {
  const told: Told = [];
  const warnings: string[] = [];
  const cache = await openCache(path.join(root, ".sluice"), {
    root,
    onWarning: ({ reason, message }) => warnings.push(`${reason}: ${message}`),
    hooks: {
      hit: ({ label, shared }) => told.push(`hit ${label}${shared ? " shared" : ""}`),
      miss: ({ label, why }) => told.push(`miss ${label} ${why}`),
      put: ({ label }) => told.push(`put ${label}`),
      evict: ({ label, why }) => told.push(`evict ${label} ${why}`),
      error: ({ operation, error }) => told.push(`error ${operation} ${reasonOf(error)}`),
    },
    ...options,
  });
  onTestFinished(() => cache.close());
  return { cache, root, told, warnings };
}

/** A key of a text. */
export function textKey(cache: Cache, text: string, label = "test"): CacheKey {
  return cache.key(label).string("text", text).build();
}

export function reasonOf(error: unknown): Reason | string {
  return error instanceof SluiceError ? error.reason : String(error);
}

/** The failure that a call ends with; fails itself where it does not fail. */
export async function failing(work: () => unknown): Promise<SluiceError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

/** All blobs of the cache of a project. */
export function blobsIn(root: string): readonly string[] {
  const blobs = path.join(root, ".sluice/v1/blobs");
  const all = readdirSync(blobs, { recursive: true, encoding: "utf8" }).map((name) => path.join(blobs, name));
  return all.filter((file) => statSync(file).isFile());
}

/** Runs a program as a user would, with the package `sluice` beside it, and gives what it printed as JSON, line by line. */
export function runProgram(root: string, text: string, options: { readonly uid?: number } = {}): Promise<unknown[]> {
  write(root, {
    "package.json": '{ "type": "module" }\n',
    "node_modules/sluice/package.json":
      '{ "name": "sluice", "version": "0.0.0", "type": "module", "exports": { ".": "./index.js", "./cache": "./cache.js" } }\n',
    "node_modules/sluice/index.js": `export * from ${JSON.stringify(exported("index"))};\n`,
    "node_modules/sluice/cache.js": `export * from ${JSON.stringify(exported("cache"))};\n`,
    "program.ts": text,
  });
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ["program.ts"], { cwd: root, ...options }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}${stdout}`));
      else
        resolve(
          stdout
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line) as unknown),
        );
    });
  });
}
