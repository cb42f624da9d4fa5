/**
 * `node cached.ts TOOL [ARGUMENT...]`: runs a program whose output depends on its arguments, the files that they name and its own
 * version, and prints what it printed; or prints what it printed before, if all of these are the same.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createWriteStream, existsSync, statSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openCache } from "sluice/cache";

/** A program that fails keeps its exit code. */
class Failed extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`${tool} ended with ${code}`);
    this.code = code;
  }
}

const [tool, ...args] = process.argv.slice(2);
if (tool === undefined) stop("which program? For example: node cached.ts sort -t, -k3 birdstrikes.csv", 2);

// Paths are relative to where the program is called, and so are those in its arguments.
await using cache = await openCache(path.join(import.meta.dirname, ".sluice"), { root: process.cwd() });

let key = cache.key(tool).value("arguments", args).string("version", versionOf(tool)).env("LC_ALL").env("TZ");
for (const file of args.filter((arg) => existsSync(arg) && statSync(arg).isFile())) key = key.file(file);

const started = performance.now();
const status = await cache
  .wrap(
    key.build(),
    async ({ put, tmp }) => {
      const to = path.join(tmp, "stdout");
      const child = spawn(tool, args, { stdio: ["ignore", "pipe", "inherit"] });
      const ended = endOf(child);
      await pipeline(child.stdout, createWriteStream(to));
      // What is thrown here is not kept: a program that failed runs again next time.
      const code = await ended;
      if (code !== 0) throw new Failed(code);
      put.file("stdout", to);
    },
    {
      read: async (result, { status }) => {
        await pipeline(Readable.from(result.stream("stdout")), process.stdout, { end: false });
        return status;
      },
    },
  )
  .catch((error: unknown) => (error instanceof Failed ? stop(error.message, error.code) : Promise.reject(error)));
console.error(`${tool}: ${status}, ${(performance.now() - started).toFixed(0)} ms`);

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/** What the program says of itself; most that are installed do. */
function versionOf(program: string): string {
  const { error, stdout, stderr } = spawnSync(program, ["--version"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error) stop(`${program} cannot be started: ${error.message}`, 127);
  return `${stdout}${stderr}`;
}

function stop(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}
