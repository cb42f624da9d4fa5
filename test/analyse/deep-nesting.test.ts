import { afterAll, describe, expect, test } from "vitest";
import { walkScopes } from "../../src/analyse/syntax/scope-walker.ts";
import { parseModule } from "../../src/analyse/syntax/syntax.ts";
import { type Files, Project, versionsOf } from "./project.ts";

const projects: Project[] = [];
afterAll(() => {
  for (const project of projects) project.remove();
});

function versions(files: Files) {
  const project = new Project(files);
  projects.push(project);
  return Object.fromEntries([...versionsOf(project, files)].map(([name, version]) => [name, version]));
}

/** Generated code: an expression of so many terms is nested as deeply. */
const deep = (terms: number, last: string): string => `${"1 + ".repeat(terms)}${last}`;

/*
 * At some depth syntax cannot be walked by recursion any more: first to sum it up, then to find names in it. Whatever then is
 * known of a module, an edit of it, or of what it imports, must move the versions that depend on it.
 */
describe.each([100, 490, 510, 1500, 3000, 20_000])("code that is nested %i times", (terms) => {
  const files = (last: string, helper = "1", start = "1"): Files => ({
    "pipeline.ts": `import { stage } from "sluice";
import { sum } from "./sum.ts";
import { helper } from "./helper.ts";
const table = ${deep(terms, start)};
const a = stage({}, () => table);
const b = stage({}, () => sum());
const c = stage({}, () => helper());
`,
    "sum.ts": `import { helper } from "./helper.ts";
export { other } from "./other.ts";
export const sum = () => ${deep(terms, `helper() + ${last}`)};
`,
    "helper.ts": `export const helper = () => ${helper};`,
    "other.ts": "export const other = 1;",
  });
  const before = versions(files("1"));

  test("an edit in it", () => {
    expect(versions(files("2")).b!.digest).not.toBe(before.b!.digest);
  });

  test("an edit of what it imports", () => {
    const after = versions(files("1", "2"));
    expect(after.b!.digest).not.toBe(before.b!.digest);
    expect(after.c!.digest).not.toBe(before.c!.digest);
  });

  test("an edit in the module of the stage itself", () => {
    expect(versions(files("1", "1", "2")).a!.digest).not.toBe(before.a!.digest);
  });

  test("no edit", () => {
    expect(versions(files("1"))).toEqual(before);
  });
});

test("code that could not be looked into is said", () => {
  const { a } = versions({ "pipeline.ts": `const x = ${deep(20_000, "1")};\nconst a = stage({}, () => x);` });
  expect(a!.warnings.map(({ message }) => message).join()).toContain("nested too deeply");
});

/** Code of many kinds, nested so many times. */
const nested: Readonly<Record<string, (times: number) => string>> = {
  operators: (times) => deep(times, "1"),
  calls: (times) => `f(${"f(".repeat(times)}1${")".repeat(times)})`,
  chains: (times) => `f${".g()".repeat(times)}`,
  arrows: (times) => `${"() => ".repeat(times)}1`,
  arrays: (times) => "[".repeat(times) + "]".repeat(times),
  choices: (times) => `${"f ? g : ".repeat(times)}1`,
  templates: (times) => `${"`${".repeat(times)}1${"}`".repeat(times)}`,
};

/** Calls a function with so much less of the stack. */
const below = <T>(frames: number, call: () => T): T => (frames === 0 ? call() : below(frames - 1, call));

test.each(Object.entries(nested))("%s may be nested as deeply, however much of the stack is left", (_, code) => {
  const isWalked = (times: number): boolean => {
    const parsed = parseModule("m.js", `const it = ${code(times)};`);
    if ("message" in parsed) throw new Error(parsed.message);
    try {
      walkScopes(parsed, {});
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  };
  for (const frames of [0, 500, 1500]) {
    expect([frames, ...[400, 490, 510, 800].map((times) => below(frames, () => isWalked(times)))]).toEqual([
      frames,
      ...[true, true, false, false],
    ]);
  }
});
