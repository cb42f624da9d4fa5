/** Run by hashing.ts: versions of files by Sluice's file index, beside reading and hashing the same files. */
import { closeSync, openSync, readdirSync, readFileSync, readSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { digestOf, Hasher } from "../src/core/digest.ts";
import { openStore } from "../src/run/open-store.ts";
import { Stopwatch } from "./programs.ts";

const watch = new Stopwatch<{ rounds: number; many: string; big: string }>();
const { rounds, many, big } = watch.settings;
const root = process.cwd();
const files = readdirSync(many).map((name) => join(many, name));
const buffer = Buffer.allocUnsafeSlow(1 << 20);

function readThrough(path: string, use: (chunk: Buffer) => void): void {
  const descriptor = openSync(path, "r");
  for (let length = 1; length > 0; ) {
    length = readSync(descriptor, buffer, 0, buffer.length, null);
    use(buffer.subarray(0, length));
  }
  closeSync(descriptor);
}

for (let round = -1; round < rounds; round += 1) {
  const prefix = round < 0 ? "first " : "";
  const note = (label: string, work: () => void) => watch.time(prefix + label, work);
  await note("one file: read", () => readThrough(big, () => {}));
  const bare = await watch.time(`${prefix}one file: read and BLAKE3`, () => {
    const hasher = new Hasher();
    readThrough(big, (chunk) => hasher.update(chunk));
    return hasher.digest();
  });
  await note("files: read", () => {
    for (const file of files) readFileSync(file);
  });
  const bares = await watch.time(`${prefix}files: read and BLAKE3`, () =>
    files.map((file) => digestOf(readFileSync(file))),
  );
  const store = await openStore({ root, cacheDir: join(root, `.sluice-${round}`) });
  const versions = () => files.map((file) => store.files.version(file).digest);
  const cold = await watch.time(`${prefix}one file: Sluice, cold`, () => store.files.version(big).digest);
  await note("one file: Sluice, warm", () => store.files.version(big));
  const colds = await watch.time(`${prefix}files: Sluice, cold`, versions);
  store.files.flush();
  await note("files: Sluice, warm", versions);
  const now = new Date(Date.now() - 10_000 - round);
  for (const file of files) utimesSync(file, now, now);
  // Times within a tick of the hashing are not trusted, and the change of the times counts too.
  await new Promise((resolve) => setTimeout(resolve, 200));
  await note("files: Sluice, touched", versions);
  await note("files: Sluice, warm after touch", versions);
  if (cold !== bare || colds.join() !== bares.join()) throw new Error("digests differ");
  await store.close();
}
watch.print();
