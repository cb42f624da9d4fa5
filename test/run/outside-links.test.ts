import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { fail } from "../../src/core/failure.ts";
import { pathVersion } from "../../src/run/outside/outside-version.ts";

const files = {
  version(absolute: string) {
    if (!statSync(absolute, { throwIfNoEntry: false })) fail("missing-file", "gone");
    return { digest: digestOf(readFileSync(absolute)), size: 0, executable: false };
  },
};

type Made = readonly [name: string, what: { readonly file: string } | { readonly link: string } | "folder"];

/** Makes what can be made, in turn; the rest is left out. */
function make(folder: string, all: readonly Made[]): void {
  for (const [name, what] of all) {
    const file = path.join(folder, name);
    try {
      if (what === "folder") mkdirSync(file);
      else if ("file" in what) writeFileSync(file, what.file, { flag: "wx" });
      else symlinkSync(what.link, file);
    } catch {}
  }
}

/** What a function sees that goes through a folder, to some depth, as `node:fs` does: by way of links as well. */
function seen(folder: string, depth = 4): unknown {
  if (depth === 0) return "deep";
  return readdirSync(folder).map((name) => {
    const file = path.join(folder, name);
    try {
      return [name, statSync(file).isDirectory() ? seen(file, depth - 1) : readFileSync(file, "utf8")];
    } catch {
      return [name, "nothing"];
    }
  });
}

test("a folder that is read has another version wherever a function sees something else in it", () => {
  const part = fc.constantFrom("a", "b", "c");
  const inside = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const name = fc.tuple(fc.constantFrom("in", "out"), inside).map((parts) => parts.join("/"));
  // They lead to something in the two folders: elsewhere is what other tests leave.
  const link = fc.tuple(
    fc.constantFrom("../", "../../", "../../../"),
    fc.constantFrom("in/", "out/"),
    fc.oneof(inside, fc.constant(".")),
  );
  const what = fc.oneof(
    fc.constant("folder" as const),
    fc.record({ file: fc.constantFrom("one", "two") }),
    fc.record({ link: link.map((parts) => parts.join("")) }),
  );
  const tree = fc.array(fc.tuple(name, what), { maxLength: 12 });
  let differ = 0;
  fc.assert(
    fc.property(tree, fc.nat(), fc.tuple(name, what), (all, at, other) => {
      const changed = all.length === 0 ? [other] : all.with(at % all.length, other);
      const [one, two] = [all, changed].map((each) => {
        const folder = mkdtempSync(path.join(tmpdir(), "sluice-links-"));
        try {
          make(folder, [["in", "folder"], ["out", "folder"], ...each]);
          const root = path.join(folder, "in");
          return { seen: JSON.stringify(seen(root)), version: pathVersion(files, root, "read") };
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
      if (one!.seen === two!.seen) return;
      differ++;
      expect(two!.version).not.toBe(one!.version);
    }),
    { numRuns: 400 },
  );
  expect(differ).toBeGreaterThan(40);
});

test("links that are written count by where they say that they lead", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sluice-links-"));
  try {
    make(folder, [
      ["in", "folder"],
      ["out", { file: "one" }],
      ["in/link", { link: "../out" }],
      ["in/a", { file: "two" }],
    ]);
    const root = path.join(folder, "in");
    const before = (["read", "written"] as const).map((use) => pathVersion(files, root, use));
    writeFileSync(path.join(folder, "out"), "two");
    const after = (["read", "written"] as const).map((use) => pathVersion(files, root, use));
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
