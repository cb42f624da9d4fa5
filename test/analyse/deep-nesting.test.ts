import { afterAll, describe, expect, test } from "vitest";
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
describe.each([100, 1000, 1500, 2000, 2500, 3000, 5000, 20_000])("code that is nested %i times", (terms) => {
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
