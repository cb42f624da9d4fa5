import { utimesSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject } from "./rig.ts";

// Files that code names and reads whenever it runs: they count as code, and may change while the process runs.

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

const reading = `
  import fs from "node:fs";
  export const a = () => fs.readFileSync(new URL("./d.txt", import.meta.url), "utf8");
  export const other = () => 1;
`;

/** A script with a driver over `m.ts`, and what it does with that. */
function script(work: string, build = ""): string {
  return `
    import fs from "node:fs";
    import { Driver } from "sluice/dataflow";
    import * as m from "./m.ts";
    await using driver = Driver.builder().withModules(m).withCache()${build}.build();
    const give = async (name) => (await driver.execute([name]))[name];
    ${work}
  `;
}

test.each(["", '.withExecutor("thread")'])(
  "a file that changes between two runs of one process counts%s",
  async (build) => {
    project.write("m.ts", reading);
    project.write("d.txt", "0");
    project.write(
      "run.ts",
      script(
        `const given = [];
       for (const text of ["1", "2", "1", "3"]) {
         fs.writeFileSync("d.txt", text);
         given.push(await give("a"));
       }
       console.log(JSON.stringify(given));`,
        build,
      ),
    );
    expect(await project.run("run.ts")).toEqual(["1", "2", "1", "3"]);
  },
);

test("what was versioned before a file changed is not remembered for the program of afterwards", async () => {
  project.write("m.ts", reading);
  project.write("d.txt", "1");
  project.write(
    "run.ts",
    script(`
      const isFirst = process.argv[2] !== undefined;
      if (isFirst) await give("a");
      fs.writeFileSync("d.txt", "2");
      console.log(JSON.stringify(await give(isFirst ? "other" : "a")));
    `),
  );
  await project.run("run.ts", "first");
  expect(await project.run("run.ts")).toBe("2");
});

test.each([
  ["d.txt", reading, (value: string) => value],
  [
    "w.mjs",
    `import { once } from "node:events";
     import { Worker } from "node:worker_threads";
     export const a = async () => (await once(new Worker(new URL("./w.mjs", import.meta.url)), "message"))[0];`,
    (value: string) =>
      `import { parentPort } from "node:worker_threads"; parentPort.postMessage(${JSON.stringify(value)});`,
  ],
])("nothing is recorded that was made of another %s than its key says", async (file, text, content) => {
  project.write("m.ts", `${text}\n`);
  project.write(file, content("1"));
  project.write(
    "run.ts",
    `import fs from "node:fs";
     import { open, stage } from "sluice";
     import { a } from "./m.ts";
     const edit = () => process.argv[2] && fs.writeFileSync(${JSON.stringify(file)}, process.argv[2]);
     const first = stage({}, () => (edit(), 1), { name: "first", cache: "recompute" });
     const out = stage({ first }, () => a(), { name: "out" });
     await using project = open({ onWarning: () => {} });
     console.log(JSON.stringify(await project.run(out)));`,
  );
  expect(await project.run("run.ts", content("2"))).toBe("2");
  project.write(file, content("1"));
  expect(await project.run("run.ts")).toBe("1");
});

test("a module that was put in the place of another, which the process has loaded, is not taken for that", async () => {
  project.write("k.ts", "export const k = 1;");
  const other = project.write("other.ts", "export const k = 2;");
  utimesSync(other, 1e9, 1e9);
  project.write("m.ts", 'import { k } from "./k.ts"; export const a = () => k;');
  project.write(
    "swaps.ts",
    script('fs.renameSync("other.ts", "k.ts"); console.log(JSON.stringify(await give("a").catch((e) => e.message)));'),
  );
  project.write("run.ts", script(`console.log(JSON.stringify(await give("a")));`));
  expect(await project.run("swaps.ts")).toContain("edited after the process had started");
  expect(await project.run("run.ts")).toBe(2);
});

describe.each([
  ["content", false],
  ["the lockfile", true],
])("a package that counts by %s, updated after it was loaded,", (_, isLocked) => {
  /** Has the package, and one that it loads, be of a version, which both give. */
  const install = `
    const install = (version) => {
      for (const name of ["lib", "inner"]) {
        const json = { name, version, type: "module", main: "index.js", dependencies: { inner: "*" } };
        fs.mkdirSync("node_modules/" + name, { recursive: true });
        fs.writeFileSync("node_modules/" + name + "/package.json", JSON.stringify(json));
      }
      fs.writeFileSync("node_modules/lib/index.js", 'export { v } from "inner";');
      fs.writeFileSync("node_modules/inner/index.js", "export const v = " + JSON.stringify(version));
      const locked = { version, integrity: "sha512-" + btoa(version) };
      const packages = { "": {}, "node_modules/inner": locked, "node_modules/lib": locked };
      if (${isLocked}) fs.writeFileSync("package-lock.json", JSON.stringify({ lockfileVersion: 3, packages }));
    };
  `;
  const told = 'console.log(JSON.stringify(await give("a").catch((e) => e.message)));';

  beforeEach(async () => {
    project.write("m.ts", 'import { v } from "lib"; export const a = () => v; export const b = () => [v];');
    project.write("install.ts", `import fs from "node:fs"; ${install} install(process.argv[2]); console.log(0);`);
    project.write("run.ts", script(`console.log(JSON.stringify(await give(process.argv[2] ?? "a")));`));
    await project.run("install.ts", "1.0.0");
  });

  test.each([
    ["import", script(`${install} install("2.0.0"); ${told}`)],
    ["path", script(`${install} install("2.0.0"); ${told}`).replace(/import \* as m from (.*);/, "const m = $1;")],
  ])("is not taken for what runs, in modules given by %s", async (_, updates) => {
    project.write("updates.ts", updates);
    expect(await project.run("updates.ts")).toContain("changed after the process had loaded it");
    expect(await project.run("run.ts")).toBe("2.0.0");
  });

  test("is not either where another process has versioned it since", async () => {
    const others = 'execFileSync(process.execPath, ["run.ts", "b"]);';
    project.write(
      "updates.ts",
      `import { execFileSync } from "node:child_process"; ${script(`${install} install("2.0.0"); ${others} ${told}`)}`,
    );
    expect(await project.run("updates.ts")).toContain("changed after the process had loaded it");
    expect(await project.run("run.ts")).toBe("2.0.0");
  });

  test("stays what it was for a driver that has versioned it", async () => {
    project.write("updates.ts", script(`await give("a"); ${install} install("2.0.0"); ${told}`));
    expect(await project.run("updates.ts")).toBe("1.0.0");
    expect(await project.run("run.ts")).toBe("2.0.0");
    await project.run("install.ts", "1.0.0");
    expect(await project.run("run.ts")).toBe("1.0.0");
  });
});

describe("in a process that has other modules by their paths, of a module that it imports", () => {
  const files = {
    "m.ts": (value: number) => `
      import { k } from "./k.ts";
      import c from "./c.cjs";
      import d from "./d.json" with { type: "json" };
      export const a = () => [${value}, k, c.c, d.d];
      export const b = () => [a()];`,
    "k.ts": (value: number) => `export const k = ${value};`,
    "c.cjs": (value: number) => `exports.c = ${value};`,
    "d.json": (value: number) => `{ "d": ${value} }`,
  };

  /** A driver over modules of both kinds, or two, each over one. */
  const mixed = (drivers: string, work: string) => `
    import { execFileSync } from "node:child_process";
    import fs from "node:fs";
    import { Driver } from "sluice/dataflow";
    import * as m from "./m.ts";
    const of = (...modules) => Driver.builder().withModules(...modules).withCache().build();
    ${drivers}
    const give = async (name) => (await driver.execute([name]))[name];
    ${work}
    await driver.close();
  `;
  const together = 'const driver = of("./p.ts", m);';
  const apart = 'const first = of("./p.ts"); await first.execute(["p"]); await first.close(); const driver = of(m);';
  const told = 'console.log(JSON.stringify(await give("a").catch((e) => e.message)));';

  beforeEach(() => {
    project.write("p.ts", "export const p = () => 1;");
    for (const [file, text] of Object.entries(files)) project.write(file, text(1));
    project.write("run.ts", mixed(together, 'console.log(JSON.stringify(await give(process.argv[2] ?? "a")));'));
  });

  const names = Object.keys(files) as (keyof typeof files)[];
  const now = (file: string) => names.map((name) => (name === file ? 2 : 1));
  const edit = (file: keyof typeof files) => `fs.writeFileSync("${file}", ${JSON.stringify(files[file](2))});`;

  describe.each([
    ["one driver", together],
    ["two drivers", apart],
  ])("with %s", (_, drivers) => {
    test.each(names)("an edit is not taken for what runs: %s", async (file) => {
      project.write("edits.ts", mixed(drivers, `${edit(file)} ${told}`));
      expect(await project.run("edits.ts")).toContain("edited after the process had started");
      expect(await project.run("run.ts")).toEqual(now(file));
    });

    test.each(names)("an edit that another process has versioned since is not either: %s", async (file) => {
      await project.run("run.ts", "b");
      const other = 'execFileSync(process.execPath, ["run.ts", "b"]);';
      project.write("edits.ts", mixed(drivers, `${edit(file)} ${other} ${told}`));
      expect(await project.run("edits.ts")).toContain("edited after the process had started");
      expect(await project.run("run.ts")).toEqual(now(file));
    });

    test.each(names)("an edit counts in the next process for a driver that has versioned it: %s", async (file) => {
      project.write("edits.ts", mixed(drivers, `await give("b"); ${edit(file)} ${told}`));
      expect(await project.run("edits.ts")).toEqual([1, 1, 1, 1]);
      expect(await project.run("run.ts")).toEqual(now(file));
    });
  });

  test("what nobody has loaded may be edited", async () => {
    project.write("p.ts", 'export const p = async () => (await import("./late.ts")).late;');
    project.write("late.ts", "export const late = 1;");
    project.write(
      "edits.ts",
      mixed(together, `fs.writeFileSync("late.ts", "export const late = 2;"); ${told.replace('"a"', '"p"')}`),
    );
    expect(await project.run("edits.ts")).toBe(2);
  });
});

test("of JSON counts what text tells apart and JSON.stringify does not", async () => {
  project.write(
    "m.ts",
    `import d from "./d.json" with { type: "json" };
     export const a = () => [Object.is(d.zero, -0), d.none === null];`,
  );
  project.write("run.ts", script(`console.log(JSON.stringify(await give("a")));`));
  project.write("d.json", '{ "zero": 0, "none": null }');
  expect(await project.run("run.ts")).toEqual([false, true]);
  project.write("d.json", '{ "zero": -0, "none": 1e999 }');
  expect(await project.run("run.ts")).toEqual([true, false]);
});
