import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { kindAt, processDigest } from "../../src/analyse/load-watch/load-facts.ts";
import { type LoadRecord, loadHolds, loadScheme } from "../../src/analyse/load-watch/load-record.ts";
import { digestOf } from "../../src/core/digest.ts";
import { sealHolds, sealLoad } from "../../src/run/memory/load-seal.ts";
import { openStore } from "../../src/run/open-store.ts";
import { rig } from "../rig/rig.ts";

/** Relative to the project, which lies two folders deep: what is above counts as well. */
const files = ["a.js", "lib/b.js", "lib/deep/c.js", "../beside.js", "../pack/index.js", "linked/d.js"];
const missing = [
  "a.ts",
  "lib/b.ts",
  "lib/node_modules",
  "node_modules/x",
  "../package.json",
  "dangling.js",
  "linked/e.js",
];
const paths = [...files, ...missing, "lib", "lib/deep", "../pack", "linked", "../real", "../real/d.js"];

const operations = {
  write: (at) => writeFileSync(at, "other"),
  rewrite: (at) => writeFileSync(at, readFileSync(at)),
  touch: (at) => utimesSync(at, new Date(), new Date()),
  remove: (at) => rmSync(at, { recursive: true }),
  come: (at) => writeFileSync(at, "new", { flag: "wx" }),
  folder: (at) => mkdirSync(at, { recursive: true }),
  chmod: (at) => chmodSync(at, 0o755),
  away: (at) => renameSync(at, `${at}.away`),
  back: (at) => renameSync(`${at}.away`, at),
  link: (at) => {
    renameSync(at, `${at}.real`);
    symlinkSync(`${at}.real`, at);
  },
} satisfies Record<string, (at: string) => void>;

function makeProject(root: string): void {
  for (const folder of ["lib/deep", "../pack", "../real"]) mkdirSync(path.join(root, folder), { recursive: true });
  symlinkSync("../real", path.join(root, "linked"));
  symlinkSync("../nowhere.js", path.join(root, "dangling.js"));
  for (const file of files) writeFileSync(path.join(root, file), file);
}

function contentAt(absolute: string): string | undefined {
  try {
    return digestOf(readFileSync(absolute));
  } catch {
    return undefined;
  }
}

test("a seal never holds where the record of the load does not, and holds where nothing was done", async () => {
  await using project = await rig.project({});
  const operation = fc.record({
    does: fc.constantFrom(...(Object.keys(operations) as (keyof typeof operations)[])),
    // Links lead to two of these: what they lead to is not noted by itself.
    at: fc.constantFrom(...paths, "../nowhere.js", "../nowhere.js"),
  });
  let broken = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 4 }), fc.boolean(), async (steps, isSettled) => {
      const root = path.join(mkdtempSync(path.join(project.dir, "case-")), "outer/project");
      mkdirSync(root, { recursive: true });
      makeProject(root);
      const store = await openStore({ root });
      // What was written in the tick of the clock in which it is sealed tells nothing.
      if (isSettled) await new Promise((done) => setTimeout(done, 130));
      try {
        const load: LoadRecord = {
          scheme: loadScheme,
          process: processDigest(root),
          env: [],
          kinds: paths.map((name) => [name, kindAt(path.join(root, name))]),
          facts: [],
          files: files.map((name) => [name, contentAt(path.join(root, name))!]),
        };
        for (const name of files) store.files.version(path.join(root, name));
        const seal = sealLoad(store, load);
        if (!seal) return;
        if (steps.length === 0) expect(sealHolds(store, seal)).toBe(true);
        for (const { does, at } of steps) attempt(() => operations[does](path.join(root, at)));
        const holds = loadHolds(load, { root, digestOfFile: contentAt });
        if (!holds) {
          broken += 1;
          expect(sealHolds(store, seal)).toBe(false);
        }
      } finally {
        await store.close();
      }
    }),
    { numRuns: 120 },
  );
  expect(broken).toBeGreaterThan(10);
});

/** What cannot be done to a path is not done. */
function attempt(does: () => void): void {
  try {
    does();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
