import { lstatSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { openCache } from "../../src/cache/index.ts";
import { digestOf } from "../../src/core/digest.ts";
import { brokenInvariants } from "../rig/invariants.ts";
import { type RigProject, rig } from "../rig/rig.ts";
import { moreInjuries } from "./injuries.ts";

/* Damaged blobs, met by the commands, by runs that go by memory, by archives and by the explicit cache. */

const isLong = process.env.SLUICE_LONG !== undefined;
const kinds = isLong
  ? Object.keys(moreInjuries)
  : ["middle byte flipped", "half cut off", "gone", "a pipe", "a link to a good copy"];

const text = "a line of text\n".repeat(4000);
const pipeline = {
  "pipeline.ts": `import { writeFileSync } from "node:fs";
import { stage } from "sluice";
export const large = stage({}, () => "a line of text\\n".repeat(4000), { output: "out/large.txt", format: "text" });
export const copied = stage({ large }, ({ large }, { outputs }) => writeFileSync(outputs.a, large), { outputs: { a: "out/folder/in/a.txt" } });
`,
};

/** The files of all blobs. */
function blobsOf(cacheDir: string): string[] {
  const dir = path.join(cacheDir, "v1/blobs");
  return readdirSync(dir).flatMap((shard) =>
    readdirSync(path.join(dir, shard)).map((name) => path.join(dir, shard, name)),
  );
}

async function damagedProject(injury: string): Promise<{ readonly project: RigProject; readonly file: string }> {
  const project = await rig.project(pipeline);
  for (let i = 0; i < 3; i++) expect((await project.sluice("run", "large")).code).toBe(0);
  const [file, ...more] = blobsOf(path.join(project.dir, ".sluice"));
  expect(more).toEqual([]);
  moreInjuries[injury]!(file!);
  return { project, file: file! };
}

describe.each(kinds)("where a blob is now: %s", (injury) => {
  test("commands say so, a run mends it", { timeout: 60_000 }, async () => {
    const { project, file } = await damagedProject(injury);
    await using _ = project;
    const shown = await project.sluice("show", "large", "--json");
    expect(shown.code).not.toBe(0);
    expect(["corrupt-blob", "missing-blob"]).toContain(shown.json().failure.reason);
    expect((await project.sluice("cache", "verify")).code).toBe(1);
    const run = await project.sluice("run", "large", "--json");
    expect(run.code, run.stderr).toBe(0);
    expect(run.json().nodes.large.status).toBe("executed");
    expect(await project.read("out/large.txt")).toBe(text);
    expect((await project.sluice("show", "large", "--json")).json().value).toBe(text);
    rmSync(`${file}.copy`, { force: true });
    expect((await project.sluice("cache", "gc")).code).toBe(0);
    expect((await project.sluice("cache", "verify")).code).toBe(0);
    expect(brokenInvariants(path.join(project.dir, ".sluice"))).toEqual([]);
  });

  test("a run that goes by memory serves nothing of it, and puts an output in place from sound bytes", {
    timeout: 60_000,
  }, async () => {
    const { project, file } = await damagedProject(injury);
    await using _ = project;
    // What is there need not be read; what is not there any more must be.
    const first = await project.sluice("run", "large", "--json");
    expect(first.code, first.stderr).toBe(0);
    expect(await project.read("out/large.txt")).toBe(text);
    await project.remove("out");
    const second = await project.sluice("run", "large", "--json");
    expect(second.code, second.stderr).toBe(0);
    expect(await project.read("out/large.txt")).toBe(text);
    expect(lstatSync(file).isFile()).toBe(true);
    const consumer = await project.sluice("run", "copied", "--json");
    expect(consumer.code, consumer.stderr).toBe(0);
    expect(await project.read("out/folder/in/a.txt")).toBe(text);
  });

  test("an archive is not made of it", { timeout: 60_000 }, async () => {
    const { project } = await damagedProject(injury);
    await using _ = project;
    const end = await project.sluice("cache", "export", "out.slua");
    const imported = await rig.project(pipeline);
    await using __ = imported;
    if (end.code === 0) {
      // What could not be read is left out: the other side makes it.
      const there = await imported.sluice("cache", "import", path.join(project.dir, "out.slua"));
      expect(there.code, there.stderr).toBe(0);
    } else expect(end.stderr).toMatch(/damaged|corrupt|not in the store|gone/);
    expect((await imported.sluice("run", "large")).code).toBe(0);
    expect(await imported.read("out/large.txt")).toBe(text);
  });

  test("the explicit cache misses it, and wrap makes it anew", { timeout: 60_000 }, async () => {
    await using project = await rig.project({});
    const cacheDir = path.join(project.dir, ".sluice");
    await project.write("in.txt", text);
    const ways: Readonly<
      Record<string, (cache: Awaited<ReturnType<typeof openCache>>, key: never) => Promise<unknown>>
    > = {
      bytes: async (cache, key) => Buffer.from(await (await cache.get(key))!.bytes("out.txt")).toString(),
      stream: async (cache, key) => {
        const pieces: Uint8Array[] = [];
        for await (const piece of (await cache.get(key))!.stream("out.txt")) pieces.push(piece);
        return Buffer.concat(pieces).toString();
      },
      file: async (cache, key) => readFileSync(await (await cache.get(key))!.file("out.txt"), "utf8"),
      copyTo: async (cache, key) => (await cache.get(key))!.copyTo("out.txt", path.join(project.dir, "copy.txt")),
      restore: async (cache, key) => (await cache.get(key))!.restore(path.join(project.dir, "restored")),
    };
    for (const [way, read] of Object.entries(ways)) {
      await using cache = await openCache(cacheDir, { root: project.dir });
      const key = cache.key("damaged").string("way", "all").build();
      await cache.put(key).file("out.txt", path.join(project.dir, "in.txt")).commit();
      // What the way before has left beside it might be sound by now, and no injury.
      const digest = digestOf(text);
      const file = path.join(cacheDir, "v1/blobs", digest.slice(0, 2), digest.slice(2));
      for (const other of blobsOf(cacheDir)) if (other !== file) rmSync(other);
      moreInjuries[injury]!(file);
      const outcome = await read(cache, key as never).then(
        () => "served",
        (error: { failure?: { reason: string } }) => error.failure?.reason ?? String(error),
      );
      expect(outcome, way).toMatch(/^(corrupt|missing)-blob$|Cannot read properties of undefined/);
      for (const name of ["copy.txt", "restored/out.txt"]) expect(project.exists(name), way).toBe(false);
      const made = await cache.wrap(
        key,
        ({ put }) => {
          put.file("out.txt", path.join(project.dir, "in.txt"));
        },
        { read: async (result) => Buffer.from(await result.bytes("out.txt")).toString() },
      );
      expect(made).toBe(text);
      rmSync(`${file}.copy`, { force: true });
    }
  });
});
