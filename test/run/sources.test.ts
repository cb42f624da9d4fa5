import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import { fingerprint } from "../../src/core/fingerprint.ts";
import { buildGraph } from "../../src/core/graph.ts";
import type { DirSource, EnvSource, FileSource, GlobSource, ParamSource, SourceNode } from "../../src/core/node.ts";
import { FileIndex } from "../../src/metadata/file-index.ts";
import { MemoryMetadata } from "../../src/metadata/memory-metadata.ts";
import type { DirHandle } from "../../src/platform/dir-handle.ts";
import type { FileHandle } from "../../src/platform/file-handle.ts";
import {
  type SourceContext,
  type SourceGraphNode,
  type SourceVersion,
  versionSource,
} from "../../src/run/sources/sources.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "sluice-sources-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

let files: FileIndex;
beforeEach(() => {
  files = new FileIndex({ root, store: new MemoryMetadata().files });
});

function look(definition: SourceNode, over: Partial<SourceContext> = {}): SourceVersion | Promise<SourceVersion> {
  const node = buildGraph(new Map([["node", definition]])).get("node") as SourceGraphNode;
  return versionSource(node, { root, files, params: new Map(), env: {}, ...over });
}

/** For what must be versioned at once. */
function at(definition: SourceNode, over: Partial<SourceContext> = {}): SourceVersion {
  const version = look(definition, over);
  expect(version).not.toBeInstanceOf(Promise);
  return version as SourceVersion;
}

const site = () => [{ file: path.join(root, "pipeline.ts"), line: 7, column: 1 }];
const base = () => root;

const file = (name: string, over: Partial<FileSource> = {}): FileSource => ({
  kind: "file",
  path: name,
  base,
  site,
  ...over,
});
const glob = (patterns: string | string[], over: Partial<GlobSource> = {}): GlobSource => {
  const list = typeof patterns === "string" ? [patterns] : patterns;
  return { kind: "glob", patterns: list, allowEmpty: false, dot: false, base, site, ...over };
};
const dir = (name: string, exclude: string[] = []): DirSource => ({ kind: "dir", path: name, exclude, base, site });
const param = (over: Partial<ParamSource> = {}): ParamSource => ({ kind: "param", secret: false, site, ...over });
const env = (over: Partial<EnvSource> = {}): EnvSource => ({ kind: "env", variable: "REGION", site, ...over });

function write(name: string, content = name): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), content);
}

async function failing(work: () => unknown) {
  try {
    await work();
  } catch (error) {
    return failureOf(error);
  }
  return undefined;
}

const names = (version: SourceVersion) => (version.value() as FileHandle[]).map(({ name }) => name);

describe("file", () => {
  test("is its name, content and executable bit, and nothing else", () => {
    write("a.csv", "1");
    const first = at(file("a.csv")).dataVersion;
    utimesSync(path.join(root, "a.csv"), 1, 1);
    expect(at(file("a.csv")).dataVersion).toBe(first);
    chmodSync(path.join(root, "a.csv"), 0o755);
    expect(at(file("a.csv")).dataVersion).not.toBe(first);
    chmodSync(path.join(root, "a.csv"), 0o644);
    expect(at(file("a.csv")).dataVersion).toBe(first);
    write("a.csv", "2");
    expect(at(file("a.csv")).dataVersion).not.toBe(first);
    write("b.csv", "1");
    expect(at(file("b.csv")).dataVersion).not.toBe(first);
  });

  test("is the same wherever the project lies", () => {
    write("here/data/a.csv", "1");
    write("there/data/a.csv", "1");
    const versionIn = (folder: string) =>
      at(file("data/a.csv", { base: () => path.join(root, folder) }), { root: path.join(root, folder) }).dataVersion;
    expect(versionIn("here")).toBe(versionIn("there"));
  });

  test("is relative to the module, and named relative to the project", async () => {
    write("lib/data/a.csv", "1");
    const version = at(file("../lib/data/a.csv", { base: () => path.join(root, "lib") }));
    const handle = version.value() as FileHandle;
    expect(handle.name).toBe("lib/data/a.csv");
    expect(handle.path).toBe(path.join(root, "lib/data/a.csv"));
    expect(await handle.text()).toBe("1");
    expect(version.preview).toBe("lib/data/a.csv (1 bytes)");
  });

  test("outside the project keeps an absolute path only if it was declared so", () => {
    write("shared/a.csv");
    const inner = { root: path.join(root, "project") };
    const nameOf = (definition: FileSource) => (at(definition, inner).value() as FileHandle).name;
    expect(nameOf(file("shared/a.csv"))).toBe("../shared/a.csv");
    expect(nameOf(file(path.join(root, "shared/a.csv")))).toBe(path.join(root, "shared/a.csv"));
  });

  test("gives a handle of its own to each consumer", () => {
    write("a.csv");
    const version = at(file("a.csv"));
    expect(version.value()).not.toBe(version.value());
  });

  test("is unchanged until it is written to, even with what it held", () => {
    write("a.csv", "1");
    // Written to long ago: what follows may come within one tick of the file system's clock.
    utimesSync(path.join(root, "a.csv"), 1, 1);
    const version = at(file("a.csv"));
    expect(version.unchanged()).toBe(true);
    write("a.csv", "2");
    expect(version.unchanged()).toBe(false);
    write("a.csv", "1");
    expect(version.unchanged()).toBe(false);
    expect(at(file("a.csv")).dataVersion).toBe(version.dataVersion);
    rmSync(path.join(root, "a.csv"));
    expect(version.unchanged()).toBe(false);
  });

  test("that is not there is said with its place, and the nearest name", async () => {
    write("data/sales.csv");
    expect(await failing(() => look(file("data/sale.csv")))).toMatchObject({
      reason: "missing-file",
      message: "there is no file data/sale.csv",
      node: "node",
      where: { file: path.join(root, "pipeline.ts"), line: 7 },
      hint: "did you mean data/sales.csv?",
    });
    expect((await failing(() => look(file("dta/sales.csv"))))?.hint).toBe(
      `there is no folder ${path.join(root, "dta")}`,
    );
    expect((await failing(() => look(file("data/unlike anything"))))?.hint).toContain(path.join(root, "data"));
    expect(await failing(() => look(file("data")))).toMatchObject({
      reason: "invalid-definition",
      message: "data is a folder, not a file",
      hint: "declare it with dir()",
      where: { line: 7 },
    });
    symlinkSync("nowhere", path.join(root, "dangling"));
    expect((await failing(() => look(file("dangling"))))?.reason).toBe("missing-file");
  });
});

describe("glob", () => {
  beforeEach(() => {
    for (const name of ["b.csv", "a.csv", "Z.csv", "ä.csv", "sub/c.csv", "sub/deep/d.tsv", ".hidden.csv", "note.txt"])
      write(name);
  });

  test("gives files sorted by name in the order of code units", async () => {
    expect(names(await look(glob("*.csv")))).toEqual(["Z.csv", "a.csv", "b.csv", "ä.csv"]);
  });

  test("knows **, braces, negation, several patterns, and dots where asked", async () => {
    expect(names(await look(glob("**/*.{csv,tsv}")))).toEqual([
      "Z.csv",
      "a.csv",
      "b.csv",
      "sub/c.csv",
      "sub/deep/d.tsv",
      "ä.csv",
    ]);
    expect(names(await look(glob(["**/*.csv", "!sub/**", "!{a,b}.csv"])))).toEqual(["Z.csv", "ä.csv"]);
    expect(names(await look(glob(["a.csv", "*.csv", "[ab].csv"], { dot: true })))).toContain(".hidden.csv");
    expect((await failing(() => look(glob("sub"))))?.reason).toBe("no-match");
  });

  test("is relative to the module, above it too", async () => {
    const inSub = { base: () => path.join(root, "sub") };
    expect(names(await look(glob(["*.csv", "../[ab].csv"], inSub)))).toEqual(["a.csv", "b.csv", "sub/c.csv"]);
  });

  test("counts links to files, and never the cache or what is to be ignored", async () => {
    symlinkSync("a.csv", path.join(root, "link.csv"));
    symlinkSync("nowhere", path.join(root, "dangling.csv"));
    write(".sluice/v1/x.csv");
    write("sub/.sluice/x.csv");
    write("store/x.csv");
    const found = names(await look(glob("**/*.csv", { dot: true }), { ignore: [path.join(root, "store")] }));
    expect(found).toEqual([".hidden.csv", "Z.csv", "a.csv", "b.csv", "link.csv", "sub/c.csv", "ä.csv"]);
  });

  test("ends when links lead in a circle", async () => {
    symlinkSync("..", path.join(root, "sub/up"));
    expect(names(await look(glob("**/*.tsv")))).toContain("sub/deep/d.tsv");
  });

  test("changes with every file that is added, taken away, renamed or changed, and with nothing else", async () => {
    const version = async () => (await look(glob("**/*.csv"))).dataVersion;
    const first = await version();
    write("other.txt", "changed");
    expect(await version()).toBe(first);
    write("c.csv");
    expect(await version()).not.toBe(first);
    rmSync(path.join(root, "c.csv"));
    expect(await version()).toBe(first);
    renameSync(path.join(root, "b.csv"), path.join(root, "c.csv"));
    expect(await version()).not.toBe(first);
    renameSync(path.join(root, "c.csv"), path.join(root, "b.csv"));
    write("b.csv", "changed");
    expect(await version()).not.toBe(first);
  });

  test("names its parts, so that what changed can be said", async () => {
    const before = await look(glob("*.csv"));
    write("b.csv", "changed");
    const after = await look(glob("*.csv"));
    const changed = after.parts!.filter(({ digest }, i) => digest !== before.parts![i]!.digest);
    expect(changed.map(({ name }) => name)).toEqual(["b.csv"]);
    expect(before.unchanged()).toBe(false);
    expect(after.unchanged()).toBe(true);
    expect(after.preview).toBe("4 files");
  });

  test("with no match fails unless that is allowed", async () => {
    expect(await failing(() => look(glob("*.xls")))).toMatchObject({
      reason: "no-match",
      message: "no file matches *.xls",
      node: "node",
      where: { line: 7 },
    });
    expect((await failing(() => look(glob("no/such/folder/*"))))?.reason).toBe("no-match");
    expect(names(await look(glob("*.xls", { allowEmpty: true })))).toEqual([]);
  });
});

describe("dir", () => {
  beforeEach(() => {
    for (const name of ["site/index.html", "site/css/a.css", "site/css/b.css", "site/.htaccess"]) write(name);
    mkdirSync(path.join(root, "site/empty"));
    symlinkSync("index.html", path.join(root, "site/home"));
  });

  const handle = (definition = dir("site")) => at(definition).value() as DirHandle;

  test("gives its files, sorted, and each by its path inside", async () => {
    const site = handle();
    expect(site.path).toBe(path.join(root, "site"));
    expect(site.name).toBe("site");
    expect(site.digest).toBe(at(dir("site")).dataVersion);
    expect(site.files.map(({ name }) => name)).toEqual([
      "site/.htaccess",
      "site/css/a.css",
      "site/css/b.css",
      "site/index.html",
    ]);
    expect(await site.file("css/a.css").text()).toBe("site/css/a.css");
    expect(site.file("./css/../index.html").name).toBe("site/index.html");
    expect(await failing(() => site.file("css/c.css"))).toMatchObject({
      reason: "missing-file",
      hint: "did you mean css/a.css?",
    });
    expect(JSON.parse(JSON.stringify(site))).toEqual({ name: "site", digest: site.digest });
  });

  const changes: readonly [string, () => void][] = [
    ["content", () => write("site/css/a.css", "changed")],
    ["the executable bit", () => chmodSync(path.join(root, "site/css/a.css"), 0o755)],
    ["a name", () => renameSync(path.join(root, "site/css/a.css"), path.join(root, "site/css/c.css"))],
    ["a new file", () => write("site/css/c.css")],
    ["a new empty folder", () => mkdirSync(path.join(root, "site/other"))],
    ["an empty folder that went away", () => rmSync(path.join(root, "site/empty"), { recursive: true })],
    [
      "the target of a link",
      () => {
        rmSync(path.join(root, "site/home"));
        symlinkSync("css", path.join(root, "site/home"));
      },
    ],
    [
      "a link in the place of an equal file",
      () => {
        write("elsewhere", "site/css/a.css");
        rmSync(path.join(root, "site/css/a.css"));
        symlinkSync("../../elsewhere", path.join(root, "site/css/a.css"));
      },
    ],
  ];

  test.each(changes)("%s counts", (_, change) => {
    const before = at(dir("site"));
    expect(before.unchanged()).toBe(true);
    change();
    expect(at(dir("site")).dataVersion).not.toBe(before.dataVersion);
    expect(before.unchanged()).toBe(false);
  });

  test("times, the cache and what is excluded do not", async () => {
    const before = (await look(dir("site", ["**/*.tmp", "drafts", "*.link"]))).dataVersion;
    utimesSync(path.join(root, "site/css/a.css"), 1, 1);
    write("site/.sluice/v1/x");
    write("site/css/x.tmp");
    write("site/drafts/deep/y.css");
    symlinkSync("/", path.join(root, "site/a.link"));
    const after = await look(dir("site", ["**/*.tmp", "drafts", "*.link"]));
    expect(after.dataVersion).toBe(before);
    expect(after.unchanged()).toBe(true);
    expect(at(dir("site")).dataVersion).not.toBe(before);
  });

  test("does not follow links, so it ends where they lead in a circle", () => {
    symlinkSync("..", path.join(root, "site/css/up"));
    expect(handle().files).toHaveLength(4);
  });

  test("names its parts", () => {
    expect(at(dir("site")).parts!.map(({ name }) => name)).toEqual([
      ".htaccess",
      "css",
      "css/a.css",
      "css/b.css",
      "empty",
      "home",
      "index.html",
    ]);
  });

  test("that is not there, or is a file", async () => {
    expect(await failing(() => look(dir("sit")))).toMatchObject({
      reason: "missing-file",
      message: "there is no folder sit",
      hint: "did you mean site?",
      node: "node",
    });
    expect(await failing(() => look(dir("site/index.html")))).toMatchObject({
      reason: "invalid-definition",
      message: "site/index.html is a file, not a folder",
    });
  });

  test("two trees are equal exactly when their entries are", () => {
    const content = fc.constantFrom("", "a", "b");
    const part = fc.constantFrom("a", "b", "ab", "a-b", "é");
    const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const tree = fc.uniqueArray(fc.tuple(name, content), { maxLength: 4, selector: ([path]) => path });
    let count = 0;
    const versionOf = (entries: readonly (readonly [string, string])[]): [string, string] | undefined => {
      const project = path.join(root, `tree-${count++}`);
      mkdirSync(path.join(project, "t"), { recursive: true });
      try {
        for (const [name, content] of entries) {
          mkdirSync(path.dirname(path.join(project, "t", name)), { recursive: true });
          writeFileSync(path.join(project, "t", name), content);
        }
      } catch {
        return undefined; // a name that is a file and a folder
      }
      const there = { base: () => project };
      const version = at({ ...dir("t"), ...there }, { root: project }).dataVersion;
      return [version, JSON.stringify([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))];
    };
    fc.assert(
      fc.property(tree, tree, (one, other) => {
        const [a, b, again] = [versionOf(one), versionOf(other), versionOf([...one].reverse())];
        if (!a || !b || !again) return;
        expect(again[0]).toBe(a[0]);
        expect(a[0] === b[0]).toBe(a[1] === b[1]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("param", () => {
  const given = (value: unknown) => ({ params: new Map([["node", value]]) });

  test("is its default unless a run sets it; set to the default it is the same", () => {
    const definition = param({ fallback: { value: 5 } });
    expect(at(definition).value()).toBe(5);
    expect(at(definition, given(7)).value()).toBe(7);
    expect(at(definition, given(5)).dataVersion).toBe(at(definition).dataVersion);
    expect(at(definition, given(7)).dataVersion).not.toBe(at(definition).dataVersion);
    expect(at(definition, given(undefined)).value()).toBe(5);
    expect(at(definition).preview).toBe("5");
  });

  test("is copied for each consumer, and fixed when the run starts", () => {
    const value = { list: [1] };
    const version = at(param({ fallback: { value } }));
    const seen = version.value() as { list: number[] };
    seen.list.push(2);
    value.list.push(3);
    expect(version.value()).toEqual({ list: [1] });
    expect(at(param({ fallback: { value: { list: [1] } } })).dataVersion).toBe(version.dataVersion);
  });

  test("and a stage that gives an equal value are one version", () => {
    for (const value of [5, "a", null, -0, 1n, { b: [1], a: new Map([[1, new Date(0)]]) }]) {
      expect(at(param({ fallback: { value } })).dataVersion).toBe(fingerprint(value));
    }
  });

  test("that cannot be versioned is said with its place", async () => {
    expect(await failing(() => look(param({ fallback: { value: { parse: () => 1 } } })))).toMatchObject({
      reason: "invalid-parameter",
      message: expect.stringMatching(/^parameter "node" cannot be versioned: .*parse/),
      node: "node",
      where: { line: 7 },
    });
  });

  test("a secret has no preview", () => {
    const version = at(param({ secret: true }), given("hunter2"));
    expect(version.value()).toBe("hunter2");
    expect(JSON.stringify(version)).not.toContain("hunter2");
  });

  test("without a default must be given, and must be of its type", async () => {
    expect(await failing(() => look(param()))).toMatchObject({
      reason: "missing-parameter",
      message: 'parameter "node" has no default and was not given',
      node: "node",
      where: { line: 7 },
    });
    expect((await failing(() => look(param({ fallback: { value: 5 } }), given("7"))))?.reason).toBe(
      "invalid-parameter",
    );
  });
});

describe("env", () => {
  test("is the variable's value, hashed and never shown", () => {
    const version = at(env(), { env: { REGION: "top-secret" } });
    expect(version.value()).toBe("top-secret");
    expect(version).not.toHaveProperty("preview");
    expect(JSON.stringify(version)).not.toContain("top-secret");
    expect(at(env(), { env: { REGION: "other" } }).dataVersion).not.toBe(version.dataVersion);
    expect(at(env({ variable: "ZONE" }), { env: { ZONE: "top-secret" } }).dataVersion).toBe(version.dataVersion);
  });

  test("an empty variable is set", () => {
    expect(at(env({ fallback: { value: "eu" } }), { env: { REGION: "" } }).value()).toBe("");
  });

  test("one that is not set has its default, or fails", async () => {
    expect(at(env({ fallback: { value: "eu" } })).value()).toBe("eu");
    expect(at(env({ fallback: { value: undefined } })).value()).toBe(undefined);
    expect(at(env({ fallback: { value: undefined } })).dataVersion).not.toBe(
      at(env({ fallback: { value: "" } })).dataVersion,
    );
    expect(await failing(() => look(env()))).toMatchObject({
      reason: "missing-variable",
      message: "the environment has no variable REGION",
      node: "node",
      hint: "set it, or give env() a default",
    });
  });
});
