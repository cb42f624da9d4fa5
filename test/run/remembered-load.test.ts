import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { locateIn } from "../../src/analyse/load/module-path.ts";
import { factDigest, processDigest } from "../../src/analyse/load-watch/load-facts.ts";
import { type LoadRecord, loadScheme } from "../../src/analyse/load-watch/load-record.ts";
import { digestOf } from "../../src/core/digest.ts";
import { type LoadSeal, sealHolds, sealLoad } from "../../src/run/memory/load-seal.ts";
import { readRememberedLoad, rememberLoad, writeRememberedLoad } from "../../src/run/memory/remembered-load.ts";
import { openStore } from "../../src/run/open-store.ts";
import { type RigProject, rig } from "../rig/rig.ts";

/** Whether the last load of a project's pipeline was watched: what code could look at the clock with is replaced meanwhile. */
async function isWatched(project: RigProject): Promise<string> {
  const { code, stderr } = await project.sluice("run");
  expect(code, stderr).toBe(0);
  return project.read("out/watched.txt");
}

const pipeline = (head = "") => `
  import { readdirSync } from "node:fs";
  import { types } from "node:util";
  import { file, stage } from "sluice";
  import { helper } from "./helper.ts";
  ${head}
  const isWatched = types.isProxy(Date.prototype.getTime);
  const { text } = { text: String(isWatched) };
  export const watched = stage({ text, helper }, ({ text }) => text, { output: "out/watched.txt" });
  export const data = stage({ data: file("data.txt") }, async ({ data }) => (await data.text()).length);
`;

/** Until files are older than the clock's tick: before, nothing tells whether they will change. */
async function settle(): Promise<void> {
  await new Promise((done) => setTimeout(done, 2300));
}

async function settled(head?: string): Promise<RigProject> {
  const project = await rig.project({
    "pipeline.ts": pipeline(head),
    "helper.ts": "export const helper = 1;\n",
    "data.txt": "1",
  });
  await settle();
  expect(await isWatched(project)).toBe("true");
  return project;
}

describe("a load is watched when it is not known", () => {
  test("after an edit of data it is known, also where other things are asked for", async () => {
    await using project = await settled();
    await project.write("data.txt", "22");
    expect(await isWatched(project)).toBe("false");
    await project.write("data.txt", "333");
    expect((await project.sluice("run", "data")).code).toBe(0);
    expect(await isWatched(project)).toBe("false");
  });

  test("after an edit of code, and where code was only touched, it is not", async () => {
    await using project = await settled();
    await project.append("helper.ts", "// a comment\n");
    expect(await isWatched(project)).toBe("true");
    await project.touch("pipeline.ts");
    expect(await isWatched(project)).toBe("true");
  });

  test("nor where the load looked at what could be another for a moment", async () => {
    await using project = await settled(
      "export const names = stage({ names: readdirSync('.').length }, ({ names }) => names);",
    );
    await project.write("data.txt", "22");
    expect(await isWatched(project)).toBe("true");
  });

  test("nor where it did what cannot be repeated", async () => {
    await using project = await settled("export const now = stage({ now: Date.now() }, ({ now }) => now);");
    await project.write("data.txt", "22");
    expect(await isWatched(project)).toBe("true");
  });
});

test("a known load holds while nothing that it read was written, be it what it was again", async () => {
  await using project = await rig.project({ "a.js": "1", "b.js": "2" });
  await settle();
  const root = project.dir;
  const store = await openStore({ root });
  try {
    const names = ["a.js", "b.js"];
    const contents = await Promise.all(names.map((name) => readFile(path.join(root, name))));
    const files = names.map((name, i) => [name, digestOf(contents[i]!)] as const);
    const load: LoadRecord = {
      scheme: loadScheme,
      process: processDigest(root),
      env: [],
      kinds: [["missing.js", "none"]],
      facts: [["real", "a.js", factDigest("real", "a.js", locateIn(root))]],
      files,
    };
    for (const name of names) store.files.version(path.join(root, name));
    const seal = sealLoad(store, load)!;
    const holds = (over: Partial<LoadSeal> = {}) => sealHolds(store, { ...seal, ...over });
    expect(holds()).toBe(true);
    expect(holds({ sealedAt: Date.now() + 60_000 })).toBe(false);
    expect(sealLoad(store, { ...load, files: [["a.js", digestOf("another")]] })).toBeUndefined();
    const isKept = (over: Partial<LoadRecord> = {}) => {
      rememberLoad(store, digestOf("key"), { ...load, ...over });
      const known = readRememberedLoad(store.metadata.derived, digestOf("key"));
      writeRememberedLoad(store.metadata.derived, digestOf("key"), undefined);
      return known !== undefined;
    };
    expect(isKept()).toBe(true);
    const listing = factDigest("listing", ".", locateIn(root));
    expect(isKept({ facts: [["listing", ".", listing]] })).toBe(false);
    await writeFile(path.join(root, "missing.js"), "");
    expect(holds()).toBe(false);
    await rm(path.join(root, "missing.js"));
    expect(holds()).toBe(true);
    const before = await stat(path.join(root, "b.js"));
    await writeFile(path.join(root, "b.js"), "3");
    await writeFile(path.join(root, "b.js"), "2");
    await utimes(path.join(root, "b.js"), before.atime, before.mtime);
    expect(holds()).toBe(false);
  } finally {
    await store.close();
  }
});
