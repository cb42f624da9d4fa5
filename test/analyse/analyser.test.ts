import { afterAll, describe, expect, test } from "vitest";
import { createAnalyser } from "../../src/analyse/analyser.ts";
import { failureOf } from "../../src/core/failure.ts";
import { type AnalyseOptions, type Files, framesIn, MemoryDerived, notLoaded, Project, versionsOf } from "./project.ts";

const projects: Project[] = [];
afterAll(() => {
  for (const project of projects) project.remove();
});

function project(files: Files): Project {
  const made = new Project(files);
  projects.push(made);
  return made;
}

const header = 'import { stage } from "sluice";\n';

function version(source: string, options: AnalyseOptions = {}) {
  const files = { "pipeline.ts": header + source };
  return versionsOf(project(files), files, options).get("a")!;
}

describe("a captured variable that cannot be told", () => {
  const blocked: readonly (readonly [what: string, name: string, source: string])[] = [
    ["of a loop", "year", "for (const year of [1, 2]) /*a*/stage({}, () => year);"],
    ["that counts", "i", "for (let i = 0; i < 2; i++) /*a*/stage({}, () => i);"],
    ["of a callback", "year", "[1, 2].map((year) => /*a 1*/((x: any) => x)(/*a*/stage({}, () => year)));"],
    [
      "that is assigned twice",
      "x",
      "function make() { let x = 1; x = 2; return /*a*/stage({}, () => x) }\n/*a 1*/make();",
    ],
    [
      "that is changed in a branch around it",
      "x",
      "function make() { const x: any[] = []; if (x) { x.push(1); return /*a*/stage({}, () => x) } }\n/*a 1*/make();",
    ],
    ["without a value", "x", "function make() { let x: any; return /*a*/stage({}, () => x) }\n/*a 1*/make();"],
    ["of a catch", "e", "try {} catch (e) { /*a*/stage({}, () => e) }"],
    ["this", "this", "class C { make() { return /*a*/stage({}, () => this) } }\nnew C()./*a 1*/make();"],
    [
      "of a function whose caller is not on the stack",
      "x",
      "function make(x: any) { return /*a*/stage({}, () => x) }\nmake(1);",
    ],
    ["of a method", "x", "class C { make(x: any) { return /*a*/stage({}, () => x) } }\nnew C()./*a 1*/make(1);"],
    [
      "that the caller takes from a loop",
      "y",
      "function make(x: any) { return /*a*/stage({}, () => x) }\nfor (const y of [1]) /*a 1*/make(y);",
    ],
    ["behind a local constant", "y", "for (const y of [1]) { const x = y; /*a*/stage({}, () => x) }"],
  ];
  for (const [what, name, source] of blocked) {
    test(what, () => {
      const files = { "pipeline.ts": header + source };
      const made = project(files);
      let thrown: unknown;
      try {
        versionsOf(made, files);
      } catch (error) {
        thrown = error;
      }
      expect(failureOf(thrown, "captured-variable")).toMatchObject({ where: { file: made.path("pipeline.ts") } });
      expect(failureOf(thrown)!.message).toContain(`"${name}"`);
      expect(failureOf(thrown)!.hint).toMatch(/input.*`version`/);
      expect(failureOf(thrown)!.where!.line).toBeGreaterThan(1);
      // With a version given by hand the rest is versioned all the same.
      expect(versionsOf(made, files, { captured: "ignore" }).get("a")!.digest).toMatch(/^[0-9a-f]{64}$/);
    });
  }

  test("is no concern of a function that has its own of that name", () => {
    expect(() => version("for (const x of [1]) /*a*/stage({}, ({ x }: any) => x);")).not.toThrow();
  });
});

describe("what cannot be seen through is said", () => {
  const blind: readonly (readonly [what: string, source: string, place: string])[] = [
    ["import() of a computed name", "export const a = stage({}, (x: any) => import(x));", "2:41"],
    ["eval()", "export const a = stage({}, (x: any) => eval(x));", "2:40"],
    ["new Function()", "const f = (x: any) => new Function(x);\nexport const a = stage({}, f);", "2:23"],
    [
      "require() of a computed name",
      "declare const require: any;\nexport const a = stage({}, (x: any) => require(x));",
      "3:40",
    ],
    ["new URL() of a computed name", "export const a = stage({}, (x: any) => new URL(x, import.meta.url));", "2:40"],
    ["a module that cannot be parsed", 'export const a = stage({}, () => import("./broken.ts"));', "1:1"],
  ];
  for (const [what, source, place] of blind) {
    test(what, () => {
      const files = { "pipeline.ts": header + source, "broken.ts": "export const = 1;" };
      const { warnings } = versionsOf(project(files), files).get("a")!;
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatchObject({ reason: "undeclared-input" });
      expect(warnings[0]!.message).toContain(what);
      const { file, line, column } = warnings[0]!.where!;
      const [wantedLine, wantedColumn] = place.split(":").map(Number);
      expect(file).toBe(what.includes("parsed") ? "broken.ts" : "pipeline.ts");
      expect(line).toBe(wantedLine);
      if (what !== "import() of a computed name") expect(column).toBe(wantedColumn);
    });
  }

  test("nothing is said of what is not reached", () => {
    expect(version("export const other = () => eval('1');\nexport const a = stage({}, () => 1);").warnings).toEqual([]);
  });

  test("a call that is not in the source counts with all of its module", () => {
    const files = { "pipeline.ts": `${header}const x = 1;\n\nexport const a = stage({}, () => 1);` };
    const made = project(files);
    const analyser = createAnalyser({
      root: made.root,
      modules: notLoaded(made.path("pipeline.ts")),
      derived: new MemoryDerived(),
    });
    const { parts, warnings } = analyser.versionOf(() => [{ file: made.path("pipeline.ts"), line: 3, column: 1 }], [1]);
    expect(parts.map(({ name }) => name)).toEqual(["a", "x"]);
    expect(warnings[0]!.message).toContain("cannot be found");
  });
});

describe("what is remembered", () => {
  const files: Files = {
    "pipeline.ts": `${header}import { x } from "./m";\n${Array.from({ length: 50 }, (_, i) => `export const s${i} = stage({}, () => x + ${i});`).join("\n")}`,
    "m.ts": 'export { x } from "./n";',
    "n.ts": "export const x = 1;",
    "tsconfig.json": '{"compilerOptions":{"target":"es2024"}}',
  };

  test("gives the same versions, parts and warnings, in a folder elsewhere too", () => {
    const derived = new MemoryDerived();
    const cold = versionsOf(project(files), files, { derived });
    const plain = (versions: typeof cold) =>
      [...versions].map(([name, { digest, parts, warnings }]) => [name, digest, parts, warnings]);
    const before = plain(cold);
    return Promise.resolve().then(() => {
      const known = derived.entries.size;
      derived.misses = 0;
      expect(plain(versionsOf(project(files), files, { derived }))).toEqual(before);
      expect(derived.misses).toBe(0);
      expect(derived.entries.size).toBe(known);
    });
  });

  test("does not outlive what it follows from", async () => {
    const derived = new MemoryDerived();
    const made = project(files);
    const digestOf = () => versionsOf(made, files, { derived }).get("s1")!.digest;
    const before = digestOf();
    await Promise.resolve();
    made.write({ "n.ts": "export const x = 2;" });
    const edited = digestOf();
    expect(edited).not.toBe(before);
    await Promise.resolve();
    made.write({ "m.ts": "export const x = 2;" });
    expect(new Set([before, edited, digestOf()]).size).toBe(3);
    await Promise.resolve();
    made.write(files);
    expect(digestOf()).toBe(before);
  });

  test("no absolute path is among it", () => {
    const derived = new MemoryDerived();
    const made = project(files);
    versionsOf(made, files, { derived });
    return Promise.resolve().then(() => {
      for (const [key, value] of derived.entries) {
        if (!key.startsWith("module-map")) expect(Buffer.from(value).toString()).not.toContain(made.root);
      }
    });
  });
});

test("a thousand stages of one module are parsed once", async () => {
  const files = {
    "pipeline.ts": `${header}${Array.from({ length: 1000 }, (_, i) => `export const s${i} = stage({}, () => ${i});`).join("\n")}`,
  };
  const derived = new MemoryDerived();
  const versions = versionsOf(project(files), files, { derived });
  expect(new Set([...versions.values()].map(({ digest }) => digest)).size).toBe(1000);
  // The summary of the module and its calls, once each; what is known of calls is kept in one go.
  await null;
  const kinds = [...derived.entries.keys()].map((key) => key.split(" ")[0]!);
  const ofModule = kinds.filter((kind) => kind === "call-sites" || kind === "module-summary");
  expect(ofModule.sort()).toEqual(["call-sites", "module-summary"]);
});

test("the frames of a project are those that its text says", () => {
  const frames = framesIn("/p", { "a.ts": "const a = stage({}, f);\n/*b 1*/g(/*b*/stage({}))" });
  expect(frames.get("a")).toEqual([{ file: "/p/a.ts", line: 1, column: 11 }]);
  expect(frames.get("b")).toEqual([
    { file: "/p/a.ts", line: 2, column: 15 },
    { file: "/p/a.ts", line: 2, column: 8 },
  ]);
});
