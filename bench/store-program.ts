/** Run by store.ts: puts and gets of Sluice's blob store, and of cacache where it is installed. */
import { existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { openStore } from "../src/run/open-store.ts";
import { Stopwatch } from "./programs.ts";
import { Random } from "./random.ts";

interface Cacache {
  put(cache: string, key: string, content: Uint8Array): Promise<unknown>;
  get(cache: string, key: string): Promise<{ data: Uint8Array }>;
}

const watch = new Stopwatch<{ rounds: number; small: number; megabytes: number; peers: string }>();
const { rounds, small, megabytes, peers } = watch.settings;
const root = process.cwd();
const cacache: Cacache | undefined = existsSync(join(peers, "node_modules", "cacache"))
  ? createRequire(join(peers, "package.json"))("cacache")
  : undefined;

const random = new Random(1);
const base = new Uint8Array(new Uint32Array((megabytes << 20) / 4).map(() => random.below(2 ** 32)).buffer);
const entries = {
  small: (round: number) =>
    Array.from({ length: small }, (_, at) => {
      const bytes = base.slice(at, at + 8192);
      new DataView(bytes.buffer).setUint32(0, round * small + at + 1);
      return bytes;
    }),
  large: (round: number) => {
    const bytes = base.slice();
    new DataView(bytes.buffer).setUint32(0, round + 1);
    return [bytes];
  },
};

for (let round = -1; round < rounds; round += 1) {
  const prefix = round < 0 ? "first " : "";
  for (const [size, make] of Object.entries(entries)) {
    const all = make(round + 1);
    const { blobs, close } = await openStore({ root });
    const digests: string[] = [];
    await watch.time(`${prefix}${size}: Sluice, put`, async () => {
      for (const each of all) digests.push((await blobs.put(each)).digest);
    });
    await watch.time(`${prefix}${size}: Sluice, get`, async () => {
      for (const [at, digest] of digests.entries()) check(await blobs.read(digest), all[at]!);
    });
    await close();
    if (cacache === undefined) continue;
    const cache = join(root, "cacache");
    await watch.time(`${prefix}${size}: cacache, put`, async () => {
      for (const [at, each] of all.entries()) await cacache.put(cache, `${round} ${size} ${at}`, each);
    });
    await watch.time(`${prefix}${size}: cacache, get`, async () => {
      for (const [at, each] of all.entries()) check((await cacache.get(cache, `${round} ${size} ${at}`)).data, each);
    });
    rmSync(cache, { recursive: true, force: true });
  }
}
watch.print();

function check(found: Uint8Array, put: Uint8Array): void {
  if (found.length !== put.length || found[3] !== put[3]) throw new Error("what was got is not what was put");
}
