/** Run by materialise.ts: files out of Sluice's store, beside other ways to put the same files at a place. */
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { openStore } from "../src/run/open-store.ts";
import { Stopwatch } from "./programs.ts";

const watch = new Stopwatch<{ rounds: number; many: string; big: string }>();
const { rounds, many, big } = watch.settings;
const root = process.cwd();
const target = join(root, "placed");
const buffer = Buffer.allocUnsafeSlow(1 << 20);

function copyByHand(from: string, to: string, isDurable: boolean): void {
  const source = openSync(from, "r");
  const copy = openSync(to, "w");
  for (let length = 1; length > 0; ) {
    length = readSync(source, buffer, 0, buffer.length, null);
    writeSync(copy, buffer, 0, length);
  }
  if (isDurable) fsyncSync(copy);
  closeSync(copy);
  closeSync(source);
}

const { blobs, close } = await openStore({ root });
const files = {
  "one file": [big],
  files: readdirSync(many).map((name) => join(many, name)),
};
for (const [kind, paths] of Object.entries(files)) {
  const digests: string[] = [];
  await watch.time(`${kind}: Sluice, into the store`, async () => {
    for (const path of paths) digests.push((await blobs.putFile(path)).digest);
  });
  const ways: Readonly<Record<string, (path: string, to: string, at: number) => void | Promise<void>>> = {
    "Sluice, out of the store": (_, to, at) => blobs.place(digests[at]!, to),
    "cp (copyFile)": (path, to) => copyFileSync(path, to),
    "read and write": (path, to) => copyByHand(path, to, false),
    "read, write and fsync": (path, to) => copyByHand(path, to, true),
    "hard link": (path, to) => linkSync(path, to),
  };
  for (let round = -1; round < rounds; round += 1) {
    for (const [way, put] of Object.entries(ways)) {
      rmSync(target, { recursive: true, force: true });
      mkdirSync(target);
      const start = performance.now();
      for (const [at, path] of paths.entries()) await put(path, join(target, String(at)), at);
      if (round >= 0) watch.add(`${kind}: ${way}`, performance.now() - start);
    }
  }
}
await close();
watch.print();
