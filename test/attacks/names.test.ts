import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type Cache, openCache } from "../../src/cache/index.ts";
import { dirPrefix, encodeItems, entryFormat, type Item, pieceArtifact } from "../../src/cache/items.ts";
import { failureOf } from "../../src/core/failure.ts";
import type { Artifact, ResultRecord } from "../../src/core/record.ts";
import { openStore } from "../../src/run/open-store.ts";
import type { Store } from "../../src/run/workspace.ts";
import { rig } from "../rig/rig.ts";
import { exported, inline, record, tempStore } from "../run/archive/archives.ts";

const isLong = process.env.SLUICE_LONG !== undefined && process.env.SLUICE_LONG !== "";

/** How many hostile names were tried, and how many of these attempts were refused; nothing may ever be outside. */
const figures = { tried: 0, refused: 0 };

afterAll(() => {
  if (!isLong) return;
  process.stdout.write(`\nhostile names: ${figures.tried} tried, ${figures.refused} refused, 0 written outside\n`);
});

/** A folder to put things into, and what is around it, which nobody may touch. */
class Sandbox implements Disposable {
  readonly around = mkdtempSync(path.join(tmpdir(), "sluice-names-"));
  readonly target = path.join(this.around, "deep/target");
  readonly outside = path.join(this.around, "outside");

  constructor() {
    mkdirSync(this.target, { recursive: true });
    mkdirSync(this.outside);
    writeFileSync(path.join(this.outside, "secret"), "untouched");
    writeFileSync(path.join(this.around, "deep/neighbour"), "untouched");
  }

  /** All that is not in the target, with what it is. */
  get rest(): readonly string[] {
    const all: string[] = [];
    const open = [this.around];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const entry of readdirSync(at, { withFileTypes: true })) {
        const file = path.join(at, entry.name);
        if (file === this.target) continue;
        const { mode } = lstatSync(file);
        const content = entry.isFile() ? readFileSync(file, "utf8") : entry.isSymbolicLink() ? readlinkSync(file) : "";
        all.push(`${path.relative(this.around, file)} ${mode} ${content}`);
        if (entry.isDirectory()) open.push(file);
      }
    }
    return all.sort();
  }

  [Symbol.dispose](): void {
    rmSync(this.around, { recursive: true, force: true });
  }
}

/** Names that lead out of a folder, or that some file system takes for another. */
const hostile: Readonly<Record<string, string>> = {
  "the folder above": "../evil",
  "far above": "../../../../../../../../../../tmp/sluice-evil",
  "above by way of a folder": "sub/../../evil",
  "above at the end": "sub/..",
  "only the folder above": "..",
  "the folder itself": ".",
  "the folder itself, within": "sub/./evil",
  "an absolute path": "/tmp/sluice-evil",
  "two slashes": "//tmp/sluice-evil",
  "an empty part": "sub//evil",
  "a slash at the end": "sub/",
  nothing: "",
  "a NUL": "evil\0.txt",
  "a NUL that cuts": "../evil\0/ok",
  "backslashes that lead above": "..\\..\\evil",
  "a drive": "C:\\evil",
  "a drive with slashes": "C:/evil",
  "a share": "\\\\host\\share\\evil",
  "a device of Windows": "NUL",
  "another, with an extension": "com1.txt",
  "a stream of NTFS": "file.txt:hidden",
  "dots and spaces at the end": "evil. . ",
  "a home": "~/evil",
  "a variable": "$HOME/evil",
  "newlines and escapes": "a\n\u001b[2Jb",
  "text that turns around": "evil\u202egpj.exe",
  "a slash that only looks like one": "..\u2215..\u2215evil",
  "full-width dots": "\uff0e\uff0e/evil",
  "half a surrogate pair": "\ud800",
  "a name that is too long": "n".repeat(5000),
  "a path that is too long": `${"n/".repeat(3000)}n`,
  "the cache itself": ".sluice/v1/metadata.db",
  "a hook of git": ".git/hooks/pre-commit",
};

let home: Promise<{ readonly cache: Cache; readonly store: Store; readonly folder: string }> | undefined;

/** A cache, and the store that it is in. */
function opened(): NonNullable<typeof home> {
  home ??= (async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "sluice-names-"));
    const cacheDir = path.join(folder, "cache");
    return { folder, cache: await openCache(cacheDir), store: await openStore({ root: folder, cacheDir }) };
  })();
  return home;
}

afterAll(async () => {
  if (!home) return;
  const { cache, store, folder } = await home;
  await cache.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A record of an entry as somebody else may have written it. */
function entry(key: string, items: readonly Item[], artifacts: readonly Artifact[]): ResultRecord {
  return record("cache", artifacts, {
    key,
    kind: "entry",
    format: entryFormat,
    params: encodeItems(items),
    settings: {},
    inputs: [],
  });
}

function file(name: string, content = "evil"): Artifact {
  return { ...inline(name, content), executable: false };
}

/**
 * Puts an entry that is written by hand into a cache, and takes it out in every way, into a fresh folder each.
 * @param prepare what is in the folder already
 */
async function takeOut(
  items: readonly Item[],
  artifacts: readonly Artifact[],
  prepare?: (box: Sandbox) => void,
): Promise<void> {
  const { cache, store } = await opened();
  const key = cache.key().string("try", String(figures.tried)).build();
  await store.metadata.putResults([entry(key.digest, items, artifacts)]);
  const ways: Record<string, (box: Sandbox, name: string) => Promise<unknown>> = {
    restore: async (box) => (await cache.get(key))?.restore(box.target),
    copyTo: async (box, name) => (await cache.get(key))?.copyTo(name, path.join(box.target, "copied")),
    mirror: async (box, name) => (await cache.get(key))?.mirror(name, path.join(box.target, "mirrored")),
    "mirror over it": async (box, name) => (await cache.get(key))?.mirror(name, box.target),
    file: async (_, name) => (await cache.get(key))?.file(name),
  };
  for (const [way, take] of Object.entries(ways)) {
    using box = new Sandbox();
    prepare?.(box);
    const before = box.rest;
    figures.tried++;
    try {
      for (const item of items) await take(box, item.name);
    } catch (error) {
      expect(failureOf(error), `${way}: ${String(error)}`).toBeDefined();
      figures.refused++;
    }
    expect(box.rest, way).toEqual(before);
    expect(existsSync("/tmp/sluice-evil"), way).toBe(false);
  }
}

describe("names in an entry that somebody else made lead nowhere", () => {
  test.each(Object.entries(hostile))("of a piece: %s", async (_, name) => {
    await takeOut([{ kind: "file", name }], [file(pieceArtifact("file", name))]);
    await takeOut([{ kind: "dir", name, folders: [], links: [] }], [file(`${dirPrefix("x")}a`)]).catch((error) => {
      // a name that no URI can hold is none that an artifact has
      expect(error).toBeInstanceOf(URIError);
    });
  });

  const half = Object.entries(hostile).filter((_, i) => isLong || i % 2 === 0);
  test.each(half)("of a file, a folder and a link in a folder: %s", async (_, name) => {
    const dir = (over: Partial<Item & { kind: "dir" }>): Item => ({
      kind: "dir",
      name: "d",
      folders: [],
      links: [],
      ...over,
    });
    await takeOut([dir({})], [file(dirPrefix("d") + name)]);
    await takeOut([dir({ folders: [name] })], []);
    await takeOut([dir({ links: [[name, "a"]] })], [file(`${dirPrefix("d")}a`)]);
    await takeOut([dir({ links: [["link", name]] })], [file(`${dirPrefix("d")}a`)]);
  });

  test.each<readonly [string, readonly (readonly [string, string])[], readonly string[]]>([
    ["a link that leads out, and a file through it", [["way", "../outside"]], ["way/secret"]],
    ["an absolute link, and a file through it", [["way", "/tmp"]], ["way/sluice-evil"]],
    ["a link to itself, and a file through it", [["way", "way"]], ["way/x"]],
    [
      "links in a row that lead out together",
      [
        ["a", "b"],
        ["b", ".."],
        ["c", "a/../.."],
      ],
      ["c/outside/secret"],
    ],
    ["a link under the name of a file", [["x", "../outside/secret"]], ["x"]],
    ["a link in the place of a folder", [["sub", "../outside"]], ["sub/secret"]],
    ["a link that leads up first and then down", [["sub/way", "../../outside"]], ["sub/way/secret"]],
    ["a link that goes up again behind a name", [["way", "sub/../../outside"]], ["sub/x", "way/secret"]],
  ])("%s", async (_, links, files) => {
    const artifacts = files.map((name) => file(dirPrefix("d") + name));
    await takeOut([{ kind: "dir", name: "d", folders: [], links }], artifacts);
    await takeOut([{ kind: "dir", name: ".", folders: [], links }], artifacts);
  });

  test.each<readonly [string, (box: Sandbox) => void]>([
    ["a link where a folder is to be", (box) => symlinkSync(box.outside, path.join(box.target, "sub"))],
    [
      "a link where a file is to be",
      (box) => symlinkSync(path.join(box.outside, "secret"), path.join(box.target, "secret")),
    ],
    ["a pipe where a file is to be", (box) => execFileSync("mkfifo", [path.join(box.target, "secret")])],
    ["a pipe where a folder is to be", (box) => execFileSync("mkfifo", [path.join(box.target, "sub")])],
    [
      "a link within a link, and all in a folder that is mirrored",
      (box) => {
        mkdirSync(path.join(box.target, "mirrored/sub"), { recursive: true });
        symlinkSync(box.outside, path.join(box.target, "mirrored/sub/way"));
        symlinkSync("sub/way", path.join(box.target, "mirrored/secret"));
      },
    ],
    [
      "a link in the place of the copy",
      (box) => symlinkSync(path.join(box.outside, "secret"), path.join(box.target, "copied")),
    ],
    [
      "a link in the place of the mirror",
      (box) => symlinkSync(path.join(box.outside, "secret"), path.join(box.target, "mirrored")),
    ],
  ])("what is there before: %s", async (_, prepare) => {
    const items: Item[] = [
      { kind: "file", name: "secret" },
      { kind: "file", name: "sub/secret" },
    ];
    await takeOut(
      items,
      items.map(({ name }) => file(pieceArtifact("file", name))),
      prepare,
    );
    const inFolder = [file(`${dirPrefix(".")}secret`), file(`${dirPrefix(".")}sub/secret`)];
    await takeOut([{ kind: "dir", name: ".", folders: ["sub"], links: [] }], inFolder, prepare);
  });

  test("names put together of what is dangerous", async () => {
    const part = fc.constantFrom("..", ".", "", "a", "sub", "\\", "\0", "/", "~", "C:", "..\\..", " ", "\u2025");
    const name = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
    await fc.assert(
      fc.asyncProperty(name, name, name, async (inside, link, target) => {
        const item: Item = { kind: "dir", name: "d", folders: [], links: [[link, target]] };
        await takeOut([item], [file(dirPrefix("d") + inside), file(`${dirPrefix("d")}${link}/x`)]);
      }),
      { numRuns: isLong ? 1000 : 25 },
    );
  });
});

describe("names that file systems take for the same", () => {
  test.each([
    ["in other case", "README", "readme"],
    ["in another form of Unicode", "caf\u00e9", "cafe\u0301"],
    ["by a letter that folds to two", "stra\u00dfe", "STRASSE"],
  ])("%s: both are there, or it is said that they cannot be", async (_, one, two) => {
    using box = new Sandbox();
    await using cache = await openCache(path.join(box.around, "cache"));
    const key = cache.key().version("case").build();
    await cache.put(key).bytes(one, "first").bytes(two, "second").commit();
    const found = (await cache.get(key))!;
    try {
      await found.restore(box.target);
    } catch (error) {
      expect(failureOf(error)?.reason).toBe("unsupported-value");
      expect(readdirSync(box.target)).toEqual([]);
      return;
    }
    expect(readFileSync(path.join(box.target, one), "utf8")).toBe("first");
    expect(readFileSync(path.join(box.target, two), "utf8")).toBe("second");
  });
});

describe("what a folder holds besides files, when it is kept", () => {
  test("modes beyond whether it can be executed do not come back: no setuid, no setgid, no sticky bit", async () => {
    using box = new Sandbox();
    await using cache = await openCache(path.join(box.around, "cache"));
    const key = cache.key().version("modes").build();
    const source = path.join(box.around, "source");
    mkdirSync(source);
    writeFileSync(path.join(source, "tool"), "#!/bin/sh\n");
    chmodSync(path.join(source, "tool"), 0o6777);
    await cache.put(key).dir("d", source).file("f", path.join(source, "tool")).commit();
    const found = (await cache.get(key))!;
    await found.restore(box.target);
    for (const name of ["d/tool", "f"]) {
      const { mode } = statSync(path.join(box.target, name));
      expect(mode & 0o7000).toBe(0);
      expect(mode & 0o100).toBe(0o100);
    }
  });

  test.each<readonly [string, (source: string, box: Sandbox) => void]>([
    ["a link that leads out", (source, box) => symlinkSync(box.outside, path.join(source, "way"))],
    ["a pipe", (source) => execFileSync("mkfifo", [path.join(source, "pipe")])],
  ])("%s is refused", async (_, make) => {
    using box = new Sandbox();
    await using cache = await openCache(path.join(box.around, "cache"));
    const key = cache.key().version("odd").build();
    const source = path.join(box.around, "source");
    mkdirSync(source);
    make(source, box);
    await expect(cache.put(key).dir("d", source).commit()).rejects.toMatchObject({
      failure: { reason: "unsupported-value" },
    });
  });

  test("a hard link is a file of its own afterwards", async () => {
    using box = new Sandbox();
    await using cache = await openCache(path.join(box.around, "cache"));
    const key = cache.key().version("hard").build();
    const source = path.join(box.around, "source");
    mkdirSync(source);
    writeFileSync(path.join(source, "a"), "same");
    execFileSync("ln", [path.join(source, "a"), path.join(source, "b")]);
    await cache.put(key).dir("d", source).commit();
    await (await cache.get(key))!.copyTo("d", box.target);
    writeFileSync(path.join(box.target, "a"), "changed");
    expect(readFileSync(path.join(box.target, "b"), "utf8")).toBe("same");
    expect(statSync(path.join(box.target, "b")).nlink).toBe(1);
  });
});

const pipeline = `import { command, stage } from "sluice";
export const made = command({}, ["sh", "-c", "mkdir -p $1/sub && echo 1 > $1/a && echo 2 > $1/sub/b", "sh", "{folder}"], { outputs: { folder: "out/made/" } });
export const text = stage({}, () => "text", { output: "out/text.txt" });
`;

describe("outputs of pipelines", () => {
  const names = Object.entries(hostile);
  const some = isLong ? names : names.filter((_, i) => i % 6 === 0);
  test("a file in the output folder of a command, by a name that leads out: made anew or refused", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline, "outside/secret": "untouched" });
    expect((await project.sluice("run", "made")).code).toBe(0);
    const store = await openStore({ root: project.dir });
    const [made] = await store.metadata.resultsOf("made", 1);
    const before = readdirSync(project.dir).sort();
    for (const [what, name] of some) {
      const artifacts = made!.artifacts.map((each) =>
        each.name === "outputs.folder/a" ? { ...each, name: `outputs.folder/${name}` } : each,
      );
      await store.metadata.putResults([{ ...made!, artifacts }]);
      await project.remove("out").catch(() => {});
      figures.tried++;
      const run = await project.sluice("run", "made");
      if (run.code !== 0) figures.refused++;
      expect(run.stderr, what).not.toContain("bug in Sluice");
      const rest = (folder: string): string[] =>
        project.exists(folder) ? readdirSync(path.join(project.dir, folder)) : [];
      expect(
        rest(".")
          .filter((each) => each !== "out")
          .sort(),
        what,
      ).toEqual(before.filter((each) => each !== "out"));
      expect(
        rest("out").filter((each) => each !== "made"),
        what,
      ).toEqual([]);
      expect(existsSync("/tmp/sluice-evil"), what).toBe(false);
    }
    await store.close();
  });

  test.each([
    ["a folder in an output folder", "out/made/sub", "made"],
    ["a file in an output folder", "out/made/a", "made"],
    ["an output that is a file", "out/text.txt", "text"],
  ])("a link in the place of %s is not followed", async (_, place, node) => {
    await using project = await rig.project({
      "pipeline.ts": pipeline,
      "outside/b": "untouched",
      "outside/x": "untouched",
    });
    expect((await project.sluice("run", node)).code).toBe(0);
    await project.remove(place);
    const isFolder = place.endsWith("sub");
    symlinkSync(path.join(project.dir, isFolder ? "outside" : "outside/x"), path.join(project.dir, place));
    figures.tried++;
    const run = await project.sluice("run", node);
    expect(run.stderr).not.toContain("bug in Sluice");
    expect(await project.read("outside/b")).toBe("untouched");
    expect(await project.read("outside/x")).toBe("untouched");
    if (isFolder) {
      expect(run.code).not.toBe(0);
      expect(run.stderr).toContain("a link, which may lead elsewhere");
      figures.refused++;
    } else expect(lstatSync(path.join(project.dir, place)).isFile()).toBe(true);
  });
});

describe("the command line", () => {
  test("what an archive brings is put where get --to says and nowhere else", async () => {
    const names = Object.values(hostile).filter((name) => name !== "");
    await using project = await rig.project({ "package.json": "{}\n" });
    const cache = await openCache(path.join(project.dir, ".sluice"), { root: project.dir });
    const keys = names.map((_, i) => cache.key().string("key 1", `${i}`).build().digest);
    await cache.close();
    await using store = await tempStore();
    await store.metadata.putResults(
      names.map((name, i) => entry(keys[i]!, [{ kind: "file", name }], [file(pieceArtifact("file", name))])),
    );
    await project.write("hostile.slua", (await exported(store))[0]);
    expect((await project.sluice("cache", "import", "hostile.slua")).code).toBe(0);
    const before = readdirSync(project.dir).sort();
    for (const i of isLong ? keys.keys() : [0, 1, 2, 7, 12, 14]) {
      figures.tried++;
      const got = await project.sluice("cache", "get", "--key", `${i}`, "--to", "taken");
      if (got.code !== 0) figures.refused++;
      expect(got.stderr, names[i]).not.toContain("bug in Sluice");
      expect(got.stdout + got.stderr, "no escape reaches the terminal").not.toContain("\u001b[2J");
    }
    expect(
      readdirSync(project.dir)
        .filter((name) => name !== "taken")
        .sort(),
    ).toEqual(before);
    expect(existsSync("/tmp/sluice-evil")).toBe(false);
  });
});
