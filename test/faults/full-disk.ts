import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { openSqliteMetadata } from "../../src/metadata/sqlite-metadata.ts";
import { brokenInvariants } from "../rig/invariants.ts";
import { makeOld } from "../rig/old-blobs.ts";
import { cli, exported } from "../rig/tested.ts";
import { endOf, pipeline } from "./injection.ts";

/*
 * What happens on a file system of its own that is too small, told as one JSON document. Mounts, so it is to be run as root, and
 * under `unshare --mount`, so that nobody else sees what it mounts:
 *
 *   unshare --mount node full-disk.ts FOLDER OPTIONS      a run while the file system has these options (`size=200k`)
 *   unshare --mount node full-disk.ts FOLDER full         a run and gc when not a byte is left, and there is garbage
 */

const [dir, options] = process.argv.slice(2) as [string, string];

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
  readonly stdout: string;
  /** Bytes that were free when it had ended. */
  readonly free: number;
}

/** What is told. */
export interface FullDisk {
  readonly full: Ended;
  readonly gc: Ended;
  readonly after: Ended;
  readonly isRight: boolean;
  readonly broken: readonly string[];
}

function sluice(...args: string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: dir, encoding: "utf8" });
  return { code: status, stdout, stderr, free: freeBytes() };
}

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

function mount(...options: string[]): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", options.join(","), "none", dir]);
}

async function makeGarbage(): Promise<void> {
  const metadata = openSqliteMetadata({ file: path.join(dir, ".sluice/v1/metadata.db") });
  for (const node of ["large", "items[]"]) {
    await metadata.removeResults((await metadata.resultsOf(node, 100)).map(({ key }) => key));
  }
  metadata.close();
  makeOld(path.join(dir, ".sluice"));
}

/** Until not a byte is left. */
function fill(file: string): void {
  try {
    writeFileSync(file, Buffer.alloc(freeBytes() + (1 << 20)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

const files: Readonly<Record<string, string>> = {
  "package.json": `{ "type": "module" }\n`,
  "node_modules/sluice/package.json": `{ "name": "sluice", "version": "0.0.0", "type": "module", "exports": "./index.js" }\n`,
  "node_modules/sluice/index.js": `export * from ${JSON.stringify(exported("index"))};\n`,
  ...(pipeline as Record<string, string>),
};

mount("size=64m");
for (const [file, content] of Object.entries(files)) {
  mkdirSync(path.join(dir, path.dirname(file)), { recursive: true });
  writeFileSync(path.join(dir, file), content);
}
const filler = path.join(dir, "filler");
if (options === "full") {
  for (const seed of [6, 7]) sluice("run", "--set", `seed=${seed}`);
  await makeGarbage();
  fill(filler);
} else mount("remount", options);
const full = sluice("run", "--json", "--set", "seed=8");
const gc = sluice("cache", "gc", "--json");
rmSync(filler, { force: true });
mount("remount", "size=64m", "nr_inodes=100000");
const after = sluice("run", "--json", "--set", "seed=8");
const isRight = after.code === 0 && readFileSync(path.join(dir, "out/end.txt"), "utf8") === endOf(8);
const told: FullDisk = { full, gc, after, isRight, broken: brokenInvariants(path.join(dir, ".sluice")) };
process.stdout.write(JSON.stringify(told));
