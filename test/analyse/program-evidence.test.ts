import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { contentOf } from "../../src/analyse/program/program-resolver.ts";
import { evidenceHolds } from "../../src/analyse/remembered/program-evidence.ts";
import type { DerivedCache } from "../../src/core/derived.ts";
import { digestOf } from "../../src/core/digest.ts";
import { type Files, MemoryDerived, Project, versionsOf } from "./project.ts";

const projects: Project[] = [];
afterAll(() => {
  for (const project of projects) project.remove();
});

function evidence(root: string, derived: DerivedCache, pipeline = "pipeline.ts"): string | undefined {
  const digestOfFile = (file: string) => contentOf(file, digestOf);
  return evidenceHolds({ root, roots: [path.join(root, pipeline)], derived, digestOfFile });
}

/** A project whose code is versioned, with what is remembered of it. */
async function versioned(files: Files, set?: (project: Project) => void) {
  const project = new Project(files);
  projects.push(project);
  set?.(project);
  const derived = new MemoryDerived();
  versionsOf(project, files, { derived });
  await Promise.resolve();
  const program = evidence(project.root, derived);
  expect(program).toMatch(/^[0-9a-f]{64}$/);
  return { project, derived, program };
}

const stage = (body: string): string => `import { stage } from "sluice";\n${body}`;

const app: Files = {
  "pipeline.ts": stage(
    'import { f } from "./lib/f.js";\nimport { g } from "./lib";\nimport { h } from "#h";\nimport p from "p";\nimport { w } from "w";\n' +
      'import data from "./data.json" with { type: "json" };\nimport { k } from "@/k.ts";\n' +
      'const text = new URL("./text.txt", import.meta.url);\n' +
      'export const a = stage({}, () => [f, g, h, p, w, data, k, text, import("./later.ts")]);',
  ),
  "lib/f.ts": "export const f = 1;\n",
  "lib/index.ts": "export const g = 1;\n",
  "src/h.ts": "export const h = 1;\n",
  "at/k.ts": "export const k = 1;\n",
  "later.ts": "export const later = 1;\n",
  "data.json": '{ "a": 1 }\n',
  "text.txt": "text\n",
  "unrelated.ts": "export const unrelated = 1;\n",
  "tsconfig.base.json": '{ "compilerOptions": { "paths": { "@/*": ["./at/*"] } } }\n',
  "tsconfig.json": '{ "extends": "./tsconfig.base.json" }\n',
  "package.json": '{ "name": "app", "type": "module", "imports": { "#h": { "node": "./src/h.js" } } }\n',
  "package-lock.json": JSON.stringify({
    lockfileVersion: 3,
    packages: {
      "": {},
      "node_modules/p": { version: "1.0.0", integrity: "sha512-p" },
      "node_modules/q": { version: "1.0.0", integrity: "sha512-q" },
    },
  }),
  "node_modules/p/package.json": '{ "name": "p", "version": "1.0.0", "dependencies": { "q": "1" } }\n',
  "node_modules/p/index.js": "export default 1;\n",
  "node_modules/q/package.json": '{ "name": "q", "version": "1.0.0" }\n',
  "packages/w/package.json": '{ "name": "w", "version": "1.0.0", "exports": "./w.js" }\n',
  "packages/w/w.ts": "export const w = 1;\n",
  "packages/w2/package.json": '{ "name": "w", "version": "1.0.0", "exports": "./w.js" }\n',
  "packages/w2/w.ts": "export const w = 1;\n",
};

function link(project: Project, to = "../packages/w"): void {
  mkdirSync(project.path("node_modules"), { recursive: true });
  rmSync(project.path("node_modules/w"), { force: true });
  symlinkSync(to, project.path("node_modules/w"), "dir");
}

describe("evidence does not hold after", () => {
  const changes: Readonly<Record<string, (project: Project) => unknown>> = {
    "an edit of the pipeline": (project) => project.write({ "pipeline.ts": `${app["pipeline.ts"]}// edited\n` }),
    "an edit of a module": (project) => project.write({ "lib/f.ts": "export const f = 2;\n" }),
    "an edit of a module that is loaded later": (project) => project.write({ "later.ts": "export const later = 2;\n" }),
    "an edit behind an import of package.json": (project) => project.write({ "src/h.ts": "export const h = 2;\n" }),
    "an edit of a workspace package": (project) => project.write({ "packages/w/w.ts": "export const w = 2;\n" }),
    "an edit behind an alias": (project) => project.write({ "at/k.ts": "export const k = 2;\n" }),
    "an edit of JSON": (project) => project.write({ "data.json": '{ "a": 2 }\n' }),
    "an edit of a file that is named": (project) => project.write({ "text.txt": "another\n" }),
    "a module is gone": (project) => rmSync(project.path("lib/f.ts")),
    "a file stands where a guess led past it": (project) => project.write({ "lib/f.js": "export const f = 2;\n" }),
    "a file stands before a folder": (project) => project.write({ "lib.ts": "export const g = 2;\n" }),
    "a file stands where package.json points": (project) => project.write({ "src/h.js": "export const h = 2;\n" }),
    "a file stands where a workspace package points": (project) =>
      project.write({ "packages/w/w.js": "export const w = 2;\n" }),
    "an edit of tsconfig": (project) =>
      project.write({ "tsconfig.json": '{ "compilerOptions": { "target": "es2020" } }' }),
    "an edit of what tsconfig extends": (project) => project.write({ "tsconfig.base.json": "{}" }),
    "a nearer tsconfig": (project) => project.write({ "lib/tsconfig.json": "{}" }),
    "another version of a package": (project) =>
      project.write({ "node_modules/p/package.json": '{ "name": "p", "version": "1.0.1" }\n' }),
    "another version of what a package needs": (project) =>
      project.write({ "node_modules/q/package.json": '{ "name": "q", "version": "1.0.1" }\n' }),
    "a nearer version of what a package needs": (project) =>
      project.write({ "node_modules/p/node_modules/q/package.json": '{ "name": "q", "version": "1.0.1" }\n' }),
    "another integrity of a package": (project) =>
      project.write({ "package-lock.json": app["package-lock.json"]!.replace("sha512-q", "sha512-r") }),
    "another lockfile": (project) => project.write({ "yarn.lock": "# yarn lockfile v1\n" }),
    "a package is gone": (project) => rmSync(project.path("node_modules/q"), { recursive: true }),
    "an edit of package.json's imports": (project) =>
      project.write({ "package.json": '{ "name": "app", "type": "module", "imports": { "#h": "./lib/f.ts" } }\n' }),
    "a nearer package.json": (project) => project.write({ "lib/package.json": "{}", "src/package.json": "{}" }),
    "a link leads elsewhere": (project) => link(project, "../packages/w2"),
    "a package stands where a link was": (project) => {
      rmSync(project.path("node_modules/w"));
      cpSync(project.path("packages/w"), project.path("node_modules/w"), { recursive: true });
    },
    "a module became a link to an equal one": (project) => {
      project.write({ "elsewhere/f.ts": app["lib/f.ts"]! });
      rmSync(project.path("lib/f.ts"));
      symlinkSync("../elsewhere/f.ts", project.path("lib/f.ts"));
    },
    "a folder became a link to an equal one": (project) => {
      renameSync(project.path("lib"), project.path("moved"));
      symlinkSync("moved", project.path("lib"), "dir");
    },
    "the pipeline is gone": (project) => rmSync(project.path("pipeline.ts")),
  };
  // `lib/package.json` counts only where a module of that folder names a package.
  const files = { ...app, "lib/index.ts": 'import p from "p";\nexport const g = p;\n' };
  for (const [what, change] of Object.entries(changes)) {
    test(what, async () => {
      const { project, derived } = await versioned(files, link);
      change(project);
      expect(evidence(project.root, derived)).toBeUndefined();
    });
  }
});

describe("evidence holds", () => {
  test("after a touch, and whatever happens to files that do not count", async () => {
    const { project, derived, program } = await versioned(app, link);
    for (const name of Object.keys(app)) utimesSync(project.path(name), new Date(), new Date());
    project.write({ "unrelated.ts": "", "another.ts": "", "node_modules/r/package.json": "{}", "data/x.json": "{}" });
    expect(evidence(project.root, derived)).toBe(program);
  });

  test("in a checkout elsewhere, with the same digest", async () => {
    const { project, derived, program } = await versioned(app, link);
    const copy = new Project();
    projects.push(copy);
    cpSync(project.root, copy.root, { recursive: true, verbatimSymlinks: true });
    expect(evidence(copy.root, derived)).toBe(program);
    copy.write({ "lib/f.ts": "export const f = 2;\n" });
    expect(evidence(copy.root, derived)).toBeUndefined();
  });

  test("again after an edit that does not count, once the code was versioned again", async () => {
    const { project, derived, program } = await versioned(app, link);
    project.write({ "package.json": app["package.json"]!.replace("{", '{ "description": "edited",') });
    expect(evidence(project.root, derived)).toBeUndefined();
    const before = derived.misses;
    versionsOf(project, app, { derived });
    await Promise.resolve();
    expect(derived.misses).toBe(before);
    expect(evidence(project.root, derived)).toBe(program);
  });

  test("again for what was there before, when an edit is taken back", async () => {
    const { project, derived, program } = await versioned(app, link);
    const edited = { ...app, "lib/f.ts": "export const f = 2;\n" };
    project.write(edited);
    versionsOf(project, edited, { derived });
    await Promise.resolve();
    const other = evidence(project.root, derived);
    expect(other).toMatch(/^[0-9a-f]{64}$/);
    expect(other).not.toBe(program);
    project.write(app);
    versionsOf(project, app, { derived });
    await Promise.resolve();
    expect(evidence(project.root, derived)).toBe(program);
  });
});

test("evidence asks for no file that it does not need, and reads none by itself", async () => {
  const { project, derived } = await versioned(app, link);
  const asked: string[] = [];
  const digestOfFile = (file: string) => {
    asked.push(path.relative(project.root, file));
    return contentOf(file, digestOf);
  };
  evidenceHolds({ root: project.root, roots: [project.path("pipeline.ts")], derived, digestOfFile });
  expect(asked.sort()).toEqual(
    Object.keys(app)
      .filter((name) => !/unrelated|w2|p\/index/.test(name))
      .sort(),
  );
});

test("evidence of another pipeline, of another start or of none is none", async () => {
  const { project, derived } = await versioned(app, link);
  project.write({ "other.ts": app["pipeline.ts"]! });
  expect(evidence(project.root, derived, "other.ts")).toBeUndefined();
  expect(evidence(project.root, new MemoryDerived())).toBeUndefined();
  const options = process.execArgv;
  process.execArgv = [...options, "--conditions=development"];
  try {
    expect(evidence(project.root, derived)).toBeUndefined();
  } finally {
    process.execArgv = options;
  }
});
