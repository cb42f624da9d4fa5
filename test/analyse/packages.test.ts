import { existsSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test, vi } from "vitest";
import { conditionsOf } from "../../src/analyse/load/conditions.ts";
import { lockfileFormats } from "../../src/analyse/packages/lockfiles/lockfile-formats.ts";
import { PackageFinder } from "../../src/analyse/packages/package-json.ts";
import { Packages } from "../../src/analyse/packages/packages.ts";
import { FactRecorder, factsHold } from "../../src/analyse/remembered/file-facts.ts";
import { digestOf } from "../../src/core/digest.ts";
import { type Files, MemoryDerived, Project, versionsOf } from "./project.ts";

const projects: Project[] = [];
afterAll(() => {
  for (const project of projects) project.remove();
});

/** Writes a project; a content of `-> path` is a link. */
function write(files: Files): Project {
  const project = new Project();
  projects.push(project);
  change(project, files);
  return project;
}

function change(project: Project, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    if (!content.startsWith("-> ")) {
      project.write({ [name]: content });
      continue;
    }
    project.write({ [`${name}.beside`]: "" });
    rmSync(project.path(name), { force: true });
    symlinkSync(project.path(content.slice("-> ".length)), project.path(name));
  }
}

/** The version of a stage that reaches the packages, in each of several states of a project. */
function versionIn(project: Project, files: Files, derived = new MemoryDerived()): string {
  const entry = Object.keys(files).find((name) => name.endsWith("pipeline.ts"))!;
  return versionsOf(project, files, { derived, entry }).get("a")!.digest;
}

const pipeline = `import { stage } from "sluice";\nimport { x } from "pkg";\nconst a = stage({}, () => x);\n`;

const manifest = (name: string, version: string, more: object = {}): string =>
  JSON.stringify({ name, version, ...more });

/** A package `pkg` installed as a package manager does it, and that manager's lockfile with an integrity. */
interface Layout {
  readonly folder: string;
  readonly lockfile: string;
  readonly locks: (integrity: string, version?: string) => string;
  readonly links?: Files;
}

const npmLock = (integrity: string, version = "1.0.0", more: object = {}): string =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: {
      "": { name: "app" },
      "node_modules/pkg": { version, resolved: "https://r.test/pkg.tgz", integrity },
      ...more,
    },
  });

const layouts: Readonly<Record<string, Layout>> = {
  "npm, what it installed": {
    folder: "node_modules/pkg",
    lockfile: "node_modules/.package-lock.json",
    locks: npmLock,
  },
  npm: { folder: "node_modules/pkg", lockfile: "package-lock.json", locks: npmLock },
  "npm-shrinkwrap.json": { folder: "node_modules/pkg", lockfile: "npm-shrinkwrap.json", locks: npmLock },
  "npm, in a workspace": {
    folder: "packages/app/node_modules/pkg",
    lockfile: "package-lock.json",
    locks: (integrity, version = "1.0.0") =>
      JSON.stringify({
        lockfileVersion: 2,
        packages: { "packages/app/node_modules/pkg": { version, integrity } },
        dependencies: {},
      }),
  },
  "pnpm 9, what it installed": {
    folder: "node_modules/.pnpm/pkg@1.0.0/node_modules/pkg",
    lockfile: "node_modules/.pnpm/lock.yaml",
    locks: (integrity, version = "1.0.0") =>
      `lockfileVersion: '9.0'\n\npackages:\n\n  pkg@${version}:\n    resolution: {integrity: ${integrity}}\n    engines: {node: '>=10'}\n\nsnapshots:\n\n  pkg@${version}: {}\n`,
    links: { "node_modules/pkg": "-> node_modules/.pnpm/pkg@1.0.0/node_modules/pkg" },
  },
  "pnpm 9, with peers, and a document of its own before": {
    folder: "node_modules/.pnpm/pkg@1.0.0_peer@2.0.0/node_modules/pkg",
    lockfile: "pnpm-lock.yaml",
    locks: (integrity, version = "1.0.0") =>
      `---\nlockfileVersion: '9.0'\npackages:\n\n  pnpm@11.0.0:\n    resolution: {integrity: sha512-self}\n\n---\nlockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      pkg:\n        specifier: ^1.0.0\n        version: ${version}(peer@2.0.0)\n\npackages:\n\n  '@s/other@1.0.0':\n    resolution: {integrity: sha512-other}\n\n  pkg@${version}:\n    resolution: {integrity: ${integrity}}\n    peerDependencies:\n      peer: '*'\n\nsnapshots:\n\n  pkg@${version}(peer@2.0.0):\n    dependencies:\n      peer: 2.0.0\n`,
    links: { "node_modules/pkg": "-> node_modules/.pnpm/pkg@1.0.0_peer@2.0.0/node_modules/pkg" },
  },
  "pnpm 6": {
    folder: "node_modules/.pnpm/pkg@1.0.0_peer@2.0.0/node_modules/pkg",
    lockfile: "pnpm-lock.yaml",
    locks: (integrity, version = "1.0.0") =>
      `lockfileVersion: '6.0'\n\npackages:\n\n  /pkg@${version}(peer@2.0.0):\n    resolution: {integrity: ${integrity}}\n    peerDependencies:\n      peer: '*'\n    dev: false\n`,
    links: { "node_modules/pkg": "-> node_modules/.pnpm/pkg@1.0.0_peer@2.0.0/node_modules/pkg" },
  },
  "pnpm 5": {
    folder: "node_modules/.pnpm/pkg@1.0.0/node_modules/pkg",
    lockfile: "pnpm-lock.yaml",
    locks: (integrity, version = "1.0.0") =>
      `lockfileVersion: 5.4\n\npackages:\n\n  /pkg/${version}_peer@2.0.0:\n    resolution: {integrity: ${integrity}}\n    dev: false\n`,
    links: { "node_modules/pkg": "-> node_modules/.pnpm/pkg@1.0.0/node_modules/pkg" },
  },
  "pnpm, in a store for many projects": {
    folder: "elsewhere/store/v10/links/@/pkg/1.0.0/abc/node_modules/pkg",
    lockfile: "app/pnpm-lock.yaml",
    locks: (integrity, version = "1.0.0") =>
      `lockfileVersion: '9.0'\n\npackages:\n\n  pkg@${version}:\n    resolution: {integrity: ${integrity}}\n`,
    links: { "app/node_modules/pkg": "-> elsewhere/store/v10/links/@/pkg/1.0.0/abc/node_modules/pkg" },
  },
  "Yarn 1": {
    folder: "node_modules/pkg",
    lockfile: "yarn.lock",
    locks: (integrity, version = "1.0.0") =>
      `# yarn lockfile v1\n\n\n"@s/other@^1.0.0", "@s/other@^1.1.0":\n  version "1.1.0"\n  resolved "https://r.test/o.tgz#${"0".repeat(40)}"\n\npkg@^1.0.0, pkg@~1.0.0:\n  version "${version}"\n  resolved "https://r.test/pkg/-/pkg.tgz#${"a".repeat(40)}"\n  integrity ${integrity}\n  dependencies:\n    other "^1.0.0"\n`,
  },
  "Yarn 1, by an alias": {
    folder: "node_modules/pkg",
    lockfile: "yarn.lock",
    locks: (integrity, version = "1.0.0") =>
      `"alias@npm:pkg@^1.0.0":\r\n  version "${version}"\r\n  resolved "https://r.test/pkg/-/pkg.tgz"\r\n  integrity ${integrity}\r\n`,
  },
  "Yarn 4": {
    folder: "node_modules/pkg",
    lockfile: "yarn.lock",
    locks: (integrity, version = "1.0.0") =>
      `# This file is generated by running "yarn install" inside your project.\n\n__metadata:\n  version: 8\n  cacheKey: 10c0\n\n"app@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "app@workspace:."\n  languageName: unknown\n  linkType: soft\n\n"pkg@npm:^1.0.0, pkg@npm:~1.0.0":\n  version: ${version}\n  resolution: "pkg@npm:${version}"\n  dependencies:\n    other: "npm:^1.0.0"\n  checksum: 10c0/${integrity}\n  languageName: node\n  linkType: hard\n`,
  },
  "Yarn 4, with links into a store": {
    folder: "node_modules/.store/pkg-npm-1.0.0-abc/package",
    lockfile: "yarn.lock",
    locks: (integrity, version = "1.0.0") =>
      `__metadata:\n  version: 8\n\n"pkg@npm:^1.0.0":\n  version: ${version}\n  resolution: "pkg@npm:${version}"\n  checksum: 10c0/${integrity}\n`,
    links: { "node_modules/pkg": "-> node_modules/.store/pkg-npm-1.0.0-abc/package" },
  },
  bun: {
    folder: "node_modules/pkg",
    lockfile: "bun.lock",
    locks: (integrity, version = "1.0.0") =>
      `{\n  "lockfileVersion": 1,\n  "workspaces": {\n    "": {\n      "name": "app, }",\n    },\n  },\n  "packages": {\n    "app": ["app@workspace:."],\n\n    "pkg": ["pkg@${version}", "", { "dependencies": { "x": "^1", }, }, "${integrity}"],\n  }\n}\n`,
  },
  "bun, isolated": {
    folder: "node_modules/.bun/pkg@1.0.0/node_modules/pkg",
    lockfile: "bun.lock",
    locks: (integrity, version = "1.0.0") => `{ "packages": { "pkg": ["pkg@${version}", "", {}, "${integrity}"], }, }`,
    links: { "node_modules/pkg": "-> node_modules/.bun/pkg@1.0.0/node_modules/pkg" },
  },
};

describe.each(Object.entries(layouts))("%s", (name, { folder, lockfile, locks, links = {} }) => {
  const at = folder.startsWith("packages/") ? "packages/app/" : name.includes("many projects") ? "app/" : "";
  const integrity = `sha512-${"A".repeat(86)}==`;
  const other = `sha512-${"B".repeat(86)}==`;
  const files: Files = {
    [`${at}pipeline.ts`]: pipeline,
    [`${folder}/package.json`]: manifest("pkg", "1.0.0"),
    [`${folder}/index.js`]: "exports.x = 1;",
    [lockfile]: locks(integrity),
    ...links,
  };
  /** A package in a store for many projects is found by the project's lockfile, so the project is where that is. */
  const versionNow = (project: Project): string => {
    const inside = at === "app/" ? new SubProject(project, "app") : project;
    return versionIn(inside, { "pipeline.ts": pipeline });
  };
  const read = (project: Project): string => (at === "app/" ? versionNow(project) : versionIn(project, files));

  test("the integrity counts, and not the content", () => {
    const project = write(files);
    const before = read(project);
    change(project, { [`${folder}/index.js`]: "exports.x = 2;" });
    expect(read(project)).toBe(before);
    change(project, { [lockfile]: locks(other) });
    const after = read(project);
    expect(after).not.toBe(before);
    change(project, { [lockfile]: locks(integrity) });
    expect(read(project)).toBe(before);
  });

  test("the version counts; where the lockfile has another than what is installed, the content does", () => {
    const project = write(files);
    const before = read(project);
    change(project, { [lockfile]: locks(integrity, "1.0.1") });
    const notInstalled = read(project);
    expect(notInstalled).not.toBe(before);
    change(project, { [`${folder}/index.js`]: "exports.x = 2;" });
    expect(read(project)).not.toBe(notInstalled);
    change(project, { [`${folder}/package.json`]: manifest("pkg", "1.0.1") });
    const installed = read(project);
    change(project, { [`${folder}/index.js`]: "exports.x = 3;" });
    expect(read(project)).toBe(installed);
  });

  test("without its entry, the content counts", () => {
    const project = write({ ...files, [lockfile]: locks(integrity).replaceAll("pkg", "another") });
    const before = read(project);
    change(project, { [`${folder}/index.js`]: "exports.x = 2;" });
    expect(read(project)).not.toBe(before);
  });
});

/** A project in a folder of another. */
class SubProject extends Project {
  constructor(outer: Project, folder: string) {
    super();
    projects.push(this);
    Object.defineProperty(this, "root", { value: outer.path(folder) });
  }

  override remove(): void {
    // It goes with the project around it.
  }
}

describe("what no integrity tells counts by its content", () => {
  const installed = {
    "pipeline.ts": pipeline,
    "node_modules/pkg/package.json": manifest("pkg", "1.0.0"),
    "node_modules/pkg/lib/index.js": "exports.x = 1;",
  };
  const cases: Readonly<Record<string, Files>> = {
    "no lockfile": {},
    "bun's binary lockfile": { "bun.lockb": "\u0000" },
    "a lockfile of npm 6": {
      "package-lock.json": JSON.stringify({
        lockfileVersion: 1,
        dependencies: { pkg: { version: "1.0.0", integrity: "sha512-a" } },
      }),
    },
    "npm, a repository": {
      "package-lock.json": npmLock("sha512-a").replace("https://r.test/pkg.tgz", "git+ssh://git@r.test/pkg.git#abc"),
    },
    "npm, bundled in another": {
      "package-lock.json": JSON.stringify({ packages: { "node_modules/pkg": { version: "1.0.0", inBundle: true } } }),
    },
    "npm, known at another place": {
      "package-lock.json": JSON.stringify({
        packages: { "node_modules/other/node_modules/pkg": { version: "1.0.0", integrity: "sha512-a" } },
      }),
    },
    "pnpm, a folder": {
      "pnpm-lock.yaml": "packages:\n\n  pkg@file:../pkg:\n    resolution: {directory: ../pkg, type: directory}\n",
    },
    "pnpm, a repository beside the same of the registry": {
      "pnpm-lock.yaml":
        "packages:\n\n  pkg@1.0.0:\n    resolution: {integrity: sha512-a}\n\n  pkg@https://codeload.test/o/pkg/tar.gz/abc:\n    resolution: {tarball: https://codeload.test/o/pkg/tar.gz/abc}\n    version: 1.0.0\n",
    },
    "pnpm 6, a repository beside the same of the registry": {
      "pnpm-lock.yaml":
        "packages:\n\n  /pkg@1.0.0:\n    resolution: {integrity: sha512-a}\n\n  github.test/o/pkg/abc:\n    resolution: {tarball: https://codeload.test/o/pkg/tar.gz/abc}\n    name: pkg\n    version: 1.0.0\n",
    },
    "pnpm, patched": {
      "pnpm-lock.yaml":
        "lockfileVersion: '9.0'\n\npatchedDependencies:\n  pkg@1.0.0:\n    hash: abc\n    path: patches/pkg@1.0.0.patch\n\npackages:\n\n  pkg@1.0.0:\n    resolution: {integrity: sha512-a}\n",
    },
    "Yarn 1, a folder": { "yarn.lock": '"pkg@file:../pkg":\n  version "1.0.0"\n' },
    "Yarn 1, a repository": {
      "yarn.lock": `"pkg@git+https://r.test/pkg.git":\n  version "1.0.0"\n  resolved "git+https://r.test/pkg.git#${"a".repeat(40)}"\n`,
    },
    "Yarn 4, patched": {
      "yarn.lock":
        '__metadata:\n  version: 8\n\n"pkg@npm:1.0.0":\n  version: 1.0.0\n  resolution: "pkg@npm:1.0.0"\n  checksum: 10c0/a\n\n"pkg@patch:pkg@npm%3A1.0.0#./p.patch":\n  version: 1.0.0\n  resolution: "pkg@patch:pkg@npm%3A1.0.0#./p.patch::version=1.0.0&hash=abc"\n  checksum: 10c0/b\n',
    },
    "Yarn 4, no checksum": {
      "yarn.lock":
        '__metadata:\n  version: 8\n\n"pkg@npm:1.0.0":\n  version: 1.0.0\n  resolution: "pkg@npm:1.0.0"\n  conditions: os=linux\n',
    },
    "bun, a repository": { "bun.lock": '{ "packages": { "pkg": ["pkg@github:o/pkg#abc", {}, "o-pkg-abc"], }, }' },
    "bun, patched": {
      "bun.lock":
        '{ "patchedDependencies": { "pkg@1.0.0": "patches/pkg@1.0.0.patch", }, "packages": { "pkg": ["pkg@1.0.0", "", {}, "sha512-a"], }, }',
    },
    "patch-package": { "package-lock.json": npmLock("sha512-a"), "patches/pkg+1.0.0.patch": "diff" },
    "patch-package, within another": { "package-lock.json": npmLock("sha512-a"), "patches/o++pkg+1.0.0.patch": "diff" },
    "two integrities of one version": {
      "yarn.lock":
        'pkg@^1.0.0:\n  version "1.0.0"\n  resolved "https://r.test/a.tgz"\n  integrity sha512-a\n\n"pkg@https://r.test/b.tgz":\n  version "1.0.0"\n  resolved "https://r.test/b.tgz"\n  integrity sha512-b\n',
    },
    "a lockfile further up": { "../package-lock.json": npmLock("sha512-a"), "package-lock.json": '{"packages":{}}' },
  };

  test.each(Object.entries(cases))("%s", (_, lockfiles) => {
    const inside = Object.fromEntries(Object.entries(lockfiles).filter(([name]) => !name.startsWith("../")));
    const files: Files = { ...installed, ...inside };
    const project = write(files);
    const before = versionIn(project, files);
    change(project, { "node_modules/pkg/lib/index.js": "exports.x = 2;" });
    const edited = versionIn(project, files);
    expect(edited).not.toBe(before);
    change(project, { "node_modules/pkg/lib/new.js": "" });
    expect(versionIn(project, files)).not.toBe(edited);
    rmSync(project.path("node_modules/pkg/lib/new.js"));
    change(project, { "node_modules/pkg/lib/index.js": "exports.x = 1;" });
    expect(versionIn(project, files)).toBe(before);
    // Packages within it count as what they are, if it may load them at all.
    change(project, { "node_modules/pkg/node_modules/unused/index.js": "" });
    expect(versionIn(project, files)).toBe(before);
  });

  test("a package that is a single file, and one without package.json", () => {
    for (const file of ["node_modules/pkg.js", "node_modules/pkg/index.js"]) {
      const files: Files = { "pipeline.ts": pipeline.replace('"pkg"', '"./one.cjs"'), [file]: "exports.x = 1;" };
      const all = { ...files, "one.cjs": "exports.x = require('pkg').x;" };
      const project = write(all);
      // What no run has loaded is resolved as it would be.
      const before = versionIn(project, all);
      change(project, { [file]: "exports.x = 2;" });
      expect(versionIn(project, all)).not.toBe(before);
    }
  });

  test("a file behind a link of the package", () => {
    const files: Files = {
      ...installed,
      "shared/data.json": "1",
      "node_modules/pkg/data.json": "-> shared/data.json",
    };
    const project = write(files);
    const before = versionIn(project, files);
    change(project, { "shared/data.json": "2" });
    expect(versionIn(project, files)).not.toBe(before);
  });
});

describe("only what is reached counts", () => {
  const files: Files = {
    "pipeline.ts": pipeline,
    "node_modules/pkg/package.json": manifest("pkg", "1.0.0", {
      dependencies: { dep: "*", "@types/dep": "*" },
      peerDependencies: { peer: "*" },
      peerDependenciesMeta: { optional: { optional: true } },
      optionalDependencies: { absent: "*" },
      devDependencies: { dev: "*" },
    }),
    "node_modules/dep/package.json": manifest("dep", "1.0.0", { dependencies: { pkg: "*" } }),
    "node_modules/peer/package.json": manifest("peer", "1.0.0"),
    "node_modules/optional/package.json": manifest("optional", "1.0.0"),
    "node_modules/dev/package.json": manifest("dev", "1.0.0"),
    "node_modules/unrelated/package.json": manifest("unrelated", "1.0.0"),
    "node_modules/@types/dep/package.json": manifest("@types/dep", "1.0.0", { main: "" }),
  };
  const counts = ["dep", "peer", "optional"];

  test.each(["dep", "peer", "optional", "dev", "unrelated", "@types/dep"])("an update of %s", (name) => {
    const project = write(files);
    const before = versionIn(project, files);
    const folder = `node_modules/${name}/package.json`;
    change(project, { [folder]: files[folder]!.replace("1.0.0", "2.0.0") });
    expect(versionIn(project, files) !== before).toBe(counts.includes(name));
  });

  test("an update of the lockfile for an unrelated package", () => {
    const locked = { ...files, "package-lock.json": npmLock("sha512-a") };
    const project = write(locked);
    const derived = new MemoryDerived();
    const before = versionIn(project, locked, derived);
    change(project, {
      "package-lock.json": npmLock("sha512-a", "1.0.0", {
        "node_modules/unrelated": { version: "3.0.0", integrity: "b" },
      }),
    });
    expect(versionIn(project, locked, derived)).toBe(before);
  });

  test("an optional dependency that is installed later, and a nearer copy of one", () => {
    const project = write(files);
    const derived = new MemoryDerived();
    const before = versionIn(project, files, derived);
    change(project, { "node_modules/absent/package.json": manifest("absent", "1.0.0") });
    const more = versionIn(project, files, derived);
    expect(more).not.toBe(before);
    change(project, { "node_modules/pkg/node_modules/dep/package.json": manifest("dep", "0.9.0") });
    expect(versionIn(project, files, derived)).not.toBe(more);
  });

  test("Sluice, though a package may load it", () => {
    const plugin = {
      "pipeline.ts": pipeline,
      "node_modules/pkg/package.json": manifest("pkg", "1.0.0", { peerDependencies: { sluice: "*" } }),
      "node_modules/sluice/package.json": manifest("sluice", "1.0.0"),
    };
    const project = write(plugin);
    const before = versionIn(project, plugin);
    change(project, { "node_modules/sluice/package.json": manifest("sluice", "2.0.0") });
    expect(versionIn(project, plugin)).toBe(before);
  });

  test("a package.json with a byte order mark", () => {
    const marked = { ...files, "node_modules/dep/package.json": `\ufeff${manifest("dep", "1.0.0")}` };
    const project = write(marked);
    const before = versionIn(project, marked);
    change(project, { "node_modules/dep/package.json": `\ufeff${manifest("dep", "1.0.1")}` });
    expect(versionIn(project, marked)).not.toBe(before);
  });
});

describe("who gets which version counts, where there are several", () => {
  const inTwo = (one: string, two: string): Files => ({
    "pipeline.ts": `import { stage } from "sluice";\nimport { x } from "./a/x.ts";\nimport { y } from "./b/y.ts";\nconst a = stage({}, () => x + y);\n`,
    "a/x.ts": 'export { x } from "pkg";',
    "b/y.ts": 'export { x as y } from "pkg";',
    "a/node_modules/pkg/package.json": manifest("pkg", one),
    "b/node_modules/pkg/package.json": manifest("pkg", two),
  });

  test("in modules of the user's", () => {
    const before = inTwo("1.0.0", "2.0.0");
    const project = write(before);
    const first = versionIn(project, before);
    const swapped = inTwo("2.0.0", "1.0.0");
    change(project, swapped);
    expect(versionIn(project, swapped)).not.toBe(first);
  });

  test("in packages", () => {
    const files = (one: string, two: string): Files => ({
      "pipeline.ts": `import { stage } from "sluice";\nimport { x } from "one";\nimport { y } from "two";\nconst a = stage({}, () => x + y);\n`,
      "node_modules/one/package.json": manifest("one", "1.0.0", { dependencies: { dep: "*" } }),
      "node_modules/two/package.json": manifest("two", "1.0.0", { dependencies: { dep: "*" } }),
      "node_modules/one/node_modules/dep/package.json": manifest("dep", one),
      "node_modules/two/node_modules/dep/package.json": manifest("dep", two),
    });
    const before = files("1.0.0", "2.0.0");
    const project = write(before);
    const first = versionIn(project, before);
    const swapped = files("2.0.0", "1.0.0");
    change(project, swapped);
    expect(versionIn(project, swapped)).not.toBe(first);
    // Where all get the same, it does not matter where it is.
    const same = files("1.0.0", "1.0.0");
    change(project, same);
    const nested = versionIn(project, same);
    rmSync(project.path("node_modules/one/node_modules"), { recursive: true });
    rmSync(project.path("node_modules/two/node_modules"), { recursive: true });
    change(project, { "node_modules/dep/package.json": manifest("dep", "1.0.0") });
    expect(versionIn(project, same)).toBe(nested);
  });

  test("in a module of the user's and in a package", () => {
    const files = (mine: string, its: string): Files => ({
      "pipeline.ts": `import { stage } from "sluice";\nimport { x } from "one";\nimport { y } from "dep";\nconst a = stage({}, () => x + y);\n`,
      "node_modules/one/package.json": manifest("one", "1.0.0", { dependencies: { dep: "*" } }),
      "node_modules/dep/package.json": manifest("dep", mine),
      "node_modules/one/node_modules/dep/package.json": manifest("dep", its),
    });
    const before = files("1.0.0", "2.0.0");
    const project = write(before);
    const first = versionIn(project, before);
    const swapped = files("2.0.0", "1.0.0");
    change(project, swapped);
    expect(versionIn(project, swapped)).not.toBe(first);
    const parts = versionsOf(project, swapped)
      .get("a")!
      .parts.filter(({ kind }) => kind === "package");
    expect(parts.map(({ name }) => name)).toEqual(["dep@1.0.0", "dep@2.0.0", "one@1.0.0", "which dep is used where"]);
  });

  test("of packages that differ in their peers only, as pnpm installs them", () => {
    const store = "node_modules/.pnpm";
    const kit = (peer: string): Files => ({
      [`${store}/kit@1_peer@${peer}/node_modules/kit/package.json`]: manifest("kit", "1.0.0", {
        peerDependencies: { peer: "*" },
      }),
      [`${store}/peer@${peer}/node_modules/peer/package.json`]: manifest("peer", `${peer}.0.0`),
      [`${store}/kit@1_peer@${peer}/node_modules/peer`]: `-> ${store}/peer@${peer}/node_modules/peer`,
    });
    const user = (name: string, peer: string): Files => ({
      [`${store}/${name}@1/node_modules/${name}/package.json`]: manifest(name, "1.0.0", { dependencies: { kit: "*" } }),
      [`${store}/${name}@1/node_modules/kit`]: `-> ${store}/kit@1_peer@${peer}/node_modules/kit`,
      [`node_modules/${name}`]: `-> ${store}/${name}@1/node_modules/${name}`,
    });
    const files: Files = {
      "pipeline.ts": `import { stage } from "sluice";\nimport { x } from "one";\nimport { y } from "two";\nimport { z } from "three";\nconst a = stage({}, () => x + y + z);\n`,
      ...kit("1"),
      ...kit("2"),
      ...user("one", "1"),
      ...user("two", "2"),
      ...user("three", "1"),
    };
    const project = write(files);
    const first = versionIn(project, files);
    change(project, user("three", "2"));
    const second = versionIn(project, files);
    expect(second).not.toBe(first);
    change(project, user("one", "2"));
    change(project, user("two", "1"));
    expect(versionIn(project, files)).not.toBe(second);
    for (const [name, peer] of [
      ["one", "1"],
      ["two", "2"],
      ["three", "1"],
    ] as const)
      change(project, user(name, peer));
    expect(versionIn(project, files)).toBe(first);
  });

  test("behind names that stand for others", () => {
    const files = (one: string, two: string): Files => ({
      "pipeline.ts": `import { stage } from "sluice";\nimport { x } from "one";\nimport { x as y } from "two";\nconst a = stage({}, () => x - y);\n`,
      "node_modules/one/package.json": manifest("pkg", one),
      "node_modules/two/package.json": manifest("pkg", two),
    });
    const before = files("1.0.0", "2.0.0");
    const project = write(before);
    const first = versionIn(project, before);
    const swapped = files("2.0.0", "1.0.0");
    change(project, swapped);
    expect(versionIn(project, swapped)).not.toBe(first);
  });
});

test("packages that depend on one another in a circle are told apart in the same way each time", () => {
  const files: Files = {
    "pipeline.ts": `import { stage } from "sluice";\nimport { x } from "ring";\nimport { y } from "other";\nconst a = stage({}, () => x + y);\n`,
    "node_modules/ring/package.json": manifest("ring", "1.0.0", { dependencies: { link: "*" } }),
    "node_modules/link/package.json": manifest("link", "1.0.0", { dependencies: { ring: "*" } }),
    "node_modules/other/package.json": manifest("other", "1.0.0", { dependencies: { ring: "*" } }),
    "node_modules/other/node_modules/ring/package.json": manifest("ring", "1.0.0", { dependencies: { link: "*" } }),
    "node_modules/other/node_modules/link/package.json": manifest("link", "2.0.0", { dependencies: { ring: "*" } }),
  };
  expect(versionIn(write(files), files)).toBe(versionIn(write(files), files));
});

describe("exports and imports of package.json by condition, of what no run has loaded yet", () => {
  const project = write({
    "package.json": JSON.stringify({
      name: "self",
      imports: { "#m": { dev: "./dev.ts", browser: "./browser.ts", node: "./node.ts", default: "./default.ts" } },
      exports: { "./x": { require: "./dev.ts", import: "./x.ts" } },
    }),
    "packages/mine/package.json": JSON.stringify({
      name: "mine",
      exports: { "./sub/*": { types: "./*.d.ts", "module-sync": "./lib/*.ts", default: "./none.js" } },
    }),
    "packages/mine/lib/a.ts": "export const x = 1;",
    "node_modules/mine": "-> packages/mine",
    ...Object.fromEntries(
      ["dev", "browser", "node", "default", "x"].map((name) => [`${name}.ts`, "export const x = 1;"]),
    ),
  });
  const reached = (specifier: string): string[] => {
    const files = {
      "pipeline.ts": `import { stage } from "sluice";\nconst a = stage({}, async () => (await import("${specifier}")).x);\n`,
    };
    change(project, files);
    const { parts } = versionsOf(project, files).get("a")!;
    return parts.map(({ file }) => file!).filter((file) => file !== "pipeline.ts");
  };

  test.each([
    ["#m", "node.ts"],
    ["self/x", "x.ts"],
    ["mine/sub/a", "packages/mine/lib/a.ts"],
  ])("%s", (specifier, file) => {
    expect(reached(specifier)).toEqual([file]);
  });

  test("those that the process was started with", () => {
    vi.stubEnv("NODE_OPTIONS", "--no-warnings --conditions=dev");
    expect(reached("#m")).toEqual(["dev.ts"]);
    vi.unstubAllEnvs();
    const given = (execArgv: string[], options?: string): readonly string[] =>
      conditionsOf("import", { execArgv, env: options === undefined ? {} : { NODE_OPTIONS: options } }).slice(5);
    expect(given(["-C", "one", "--conditions=two", "-r", "./x-C.js"], '--conditions "three" -C=four')).toEqual([
      "three",
      "four",
      "one",
      "two",
    ]);
    expect(given([])).toEqual([]);
  });
});

describe("a lockfile that is damaged", () => {
  test.each([
    ["package-lock.json", "<<<<<<< ours\n{}"],
    ["pnpm-lock.yaml", "packages:\n\n<<<<<<< ours\n  pkg@1.0.0:\n    resolution: {integrity: a}\n"],
    ["yarn.lock", "__metadata:\n  version: 8\n<<<<<<< ours\n"],
    ["bun.lock", "{ packages"],
  ])("%s", (name, text) => {
    const files: Files = {
      "pipeline.ts": pipeline,
      "node_modules/pkg/package.json": manifest("pkg", "1.0.0"),
      [name]: text,
    };
    expect(() => versionIn(write(files), files)).toThrow(new RegExp(`^${name.replace(".", "\\.")} cannot be read: `));
  });

  test("is not read where what is installed is known", () => {
    const files: Files = {
      "pipeline.ts": pipeline,
      "node_modules/pkg/package.json": manifest("pkg", "1.0.0"),
      "node_modules/.package-lock.json": npmLock("sha512-a"),
      "package-lock.json": "<<<<<<< ours",
    };
    expect(versionIn(write(files), files)).toBeTypeOf("string");
  });
});

test("packages of Yarn's Plug'n'Play are refused, with the way out", () => {
  const files: Files = {
    "pipeline.ts": pipeline.replace('"pkg"', '"./.yarn/unplugged/pkg-npm-1.0.0-abc/node_modules/pkg/index.js"'),
    ".yarn/unplugged/pkg-npm-1.0.0-abc/node_modules/pkg/package.json": manifest("pkg", "1.0.0"),
    ".yarn/unplugged/pkg-npm-1.0.0-abc/node_modules/pkg/index.js": "export const x = 1;",
  };
  expect(() => versionIn(write(files), files)).toThrow(
    "packages that Yarn installed as Plug'n'Play cannot be versioned",
  );
});

describe("what a later run need not do again", () => {
  const files: Files = {
    "pipeline.ts": pipeline,
    "node_modules/pkg/package.json": manifest("pkg", "1.0.0", { dependencies: { dep: "*" } }),
    "node_modules/pkg/index.js": "exports.x = 1;",
    "node_modules/dep/package.json": manifest("dep", "1.0.0"),
    "package-lock.json": npmLock("sha512-a"),
  };
  /** The parts of `pkg`, as a process finds them at a time, and what they follow from. */
  const look = (project: Project, derived: MemoryDerived, later = 10_000) => {
    const facts = new FactRecorder(project.root);
    const clock = { now: () => Date.now() + later };
    const finder = new PackageFinder(facts);
    const packages = new Packages(finder, { root: project.root, derived, facts, clock });
    const parts = packages.partsOf(project.path("node_modules/pkg"));
    return { parts, facts: facts.facts() };
  };
  const digestOfFile = (project: Project) => (file: string) => {
    const { readFileSync } = process.getBuiltinModule("node:fs");
    return file.startsWith(project.root) ? digestOf(readFileSync(file)) : undefined;
  };

  test("the lockfile and the files of a package are read once", () => {
    const project = write(files);
    const derived = new MemoryDerived();
    const { parts } = look(project, derived);
    expect([...derived.entries.keys()].map((key) => key.split(" ")[0]).sort()).toEqual([
      "lockfile-1",
      "package-files-1",
    ]);
    derived.misses = 0;
    expect(look(project, derived).parts).toEqual(parts);
    expect(derived.misses).toBe(0);
    // Files that may still change without a sign are read each time.
    look(project, new MemoryDerived(), 0);
    expect(look(project, derived, 0).facts).toBeUndefined();
  });

  test.each<[string, Files]>([
    ["nothing", {}],
    ["the lockfile", { "package-lock.json": npmLock("sha512-b") }],
    ["a lockfile that comes first", { "npm-shrinkwrap.json": npmLock("sha512-b") }],
    ["what npm says that it installed", { "node_modules/.package-lock.json": npmLock("sha512-b") }],
    ["a patch", { "patches/pkg+1.0.0.patch": "" }],
    ["package.json", { "node_modules/pkg/package.json": manifest("pkg", "1.0.1") }],
    ["package.json of a dependency", { "node_modules/dep/package.json": manifest("dep", "1.0.1") }],
    ["a file of one without an integrity", { "node_modules/dep/index.js": "" }],
    ["a nearer dependency", { "node_modules/pkg/node_modules/dep/package.json": manifest("dep", "0.9.0") }],
  ])("and it is looked for again after a change of %s", (what, changes) => {
    const project = write(files);
    const derived = new MemoryDerived();
    const { parts, facts } = look(project, derived);
    expect(factsHold(project.root, facts!, digestOfFile(project))).toBe(true);
    change(project, changes);
    expect(factsHold(project.root, facts!, digestOfFile(project))).toBe(what === "nothing");
    if (what === "nothing") expect(look(project, derived).parts).toEqual(parts);
    else expect(look(project, derived).parts).not.toEqual(parts);
  });

  test("whatever is changed: while what was seen holds, the parts are the same", () => {
    const names = ["pkg", "dep", "peer"] as const;
    const folder = fc.constantFrom(
      "node_modules/pkg",
      "node_modules/dep",
      "node_modules/peer",
      "node_modules/pkg/node_modules/dep",
      "node_modules/dep/node_modules/peer",
      "store/dep",
    );
    const version = fc.constantFrom("1.0.0", "2.0.0");
    const step = fc.oneof(
      fc.record({ kind: fc.constant("package" as const), folder, name: fc.constantFrom(...names), version }),
      fc.record({ kind: fc.constant("file" as const), folder, text: fc.constantFrom("1", "2") }),
      fc.record({ kind: fc.constant("remove" as const), folder }),
      fc.record({ kind: fc.constant("link" as const), folder }),
      fc.record({
        kind: fc.constant("lock" as const),
        file: fc.constantFrom("package-lock.json", "node_modules/.package-lock.json", "npm-shrinkwrap.json"),
        version,
        integrity: fc.constantFrom("sha512-a", "sha512-b"),
      }),
    );
    // Nothing can be written where a link leads to what was removed.
    const removeDangling = (project: Project, folder: string): void => {
      for (let at = folder; at !== "."; at = path.dirname(at)) {
        if (!existsSync(project.path(at))) rmSync(project.path(at), { force: true });
      }
    };
    const take = (project: Project, change: typeof step extends fc.Arbitrary<infer T> ? T : never): void => {
      if (change.kind !== "lock" && change.kind !== "remove") removeDangling(project, change.folder);
      if (change.kind === "lock")
        project.write({
          [change.file]: npmLock(change.integrity, change.version, {
            "node_modules/dep": { version: "1.0.0", integrity: change.integrity },
          }),
        });
      else if (change.kind === "remove") rmSync(project.path(change.folder), { recursive: true, force: true });
      else if (change.kind === "file") project.write({ [`${change.folder}/lib/x.js`]: change.text });
      else if (change.kind === "link") {
        if (change.folder === "store/dep" || !existsSync(project.path("store/dep"))) return;
        project.write({ [`${change.folder}.beside`]: "" });
        rmSync(project.path(change.folder), { recursive: true, force: true });
        symlinkSync(project.path("store/dep"), project.path(change.folder));
      } else {
        const dependencies = Object.fromEntries(names.map((name) => [name, "*"]));
        project.write({ [`${change.folder}/package.json`]: manifest(change.name, change.version, { dependencies }) });
      }
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.array(step, { minLength: 1, maxLength: 3 }), (first, then) => {
        const project = new Project(files);
        try {
          for (const each of first) take(project, each);
          if (!existsSync(project.path("node_modules/pkg"))) return;
          const derived = new MemoryDerived();
          const { parts, facts } = look(project, derived);
          expect(factsHold(project.root, facts!, digestOfFile(project))).toBe(true);
          for (const each of then) take(project, each);
          if (!factsHold(project.root, facts!, digestOfFile(project))) return;
          expect(look(project, new MemoryDerived()).parts).toEqual(parts);
        } finally {
          project.remove();
        }
      }),
      { numRuns: 200 },
    );
  });

  test("a file with the times and size of before is seen by its inode and change time", () => {
    const project = write(files);
    const file = project.path("node_modules/dep/data.txt");
    change(project, { "node_modules/dep/data.txt": "one" });
    utimesSync(file, 1, 1);
    const derived = new MemoryDerived();
    const { parts, facts } = look(project, derived);
    change(project, { "node_modules/dep/data.txt": "two" });
    utimesSync(file, 1, 1);
    expect(factsHold(project.root, facts!, digestOfFile(project))).toBe(false);
    expect(look(project, derived).parts).not.toEqual(parts);
  });
});

test("a lockfile of pnpm with ends of lines as on Windows, and keys too long for a line", () => {
  const text = `lockfileVersion: '6.0'\n\npackages:\n\n  ? /pkg@1.0.0(${"p".repeat(200)}@1.0.0)\n  : resolution: {integrity: sha512-a}\n    engines: {node: '>=1'}\n\n  /old@1.0.0:\n    resolution:\n      integrity: sha512-b\n    dependencies:\n      pkg: 1.0.0\n    dev: true\n`;
  const { parse } = lockfileFormats.find(({ file }) => file === "pnpm-lock.yaml")!;
  for (const written of [text, text.replaceAll("\n", "\r\n")])
    expect(parse(written)).toEqual({ "pkg@1.0.0": "sha512-a", "old@1.0.0": "sha512-b" });
});

test("every format says what it knows of an empty lockfile", () => {
  for (const { file, parse } of lockfileFormats)
    expect(parse(file.endsWith("json") || file === "bun.lock" ? "{}" : "")).toEqual({});
});
