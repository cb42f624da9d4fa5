import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject } from "./rig.ts";

/*
 * Two copies of a project share a cache, and their nodes write and read inside and outside of them. Whatever a hit claims must be true
 * of the copy that asks.
 */

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

const copies = ["one", "two"] as const;
/** Nodes, and where what they write or read is, seen from the copy. */
const savers = {
  inside: "out/x.json",
  outside: "../out/x.json",
  absolute: "*/x.json",
  own: "../own.json",
  literal: "*/../one/app/out/literal.json",
};
const loaders = {
  near: "near.json",
  far: "../far.json",
  same: "*/same.json",
  mine: "../mine.json",
  fixed: "*/../one/app/fixed.json",
};
const all = Object.keys({ ...savers, ...loaders });

/** A copy of the project is the same text, whose paths lead elsewhere. `*` stands for a folder of the machine. */
function flow(machine: string): string {
  const text = (at: string): string => JSON.stringify(at.replace("*", machine));
  return `
    import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
    import path from "node:path";
    import { dataLoader, dataSaver, loaded, loadFrom, saved, saveTo, source } from "sluice/dataflow";
    const value = (n) => ({ n });
    export const first = saveTo("json", { path: ${text(savers.inside)}, name: "inside" }, (n) => value(n));
    export const second = saveTo("json", { path: ${text(savers.outside)}, name: "outside" }, (n) => value(n));
    export const third = saveTo("json", { path: ${text(savers.absolute)}, name: "absolute" }, (n) => value(n));
    export const own = dataSaver((n) => {
      const file = path.resolve(import.meta.dirname, ${text(savers.own)});
      writeFileSync(file, JSON.stringify({ n }));
      return saved(file);
    });
    export const literal = dataSaver((n) => {
      mkdirSync(path.dirname(${text(savers.literal)}), { recursive: true });
      writeFileSync(${text(savers.literal)}, JSON.stringify({ n }));
      return saved(${text(savers.literal)});
    });
    export const near = loadFrom("json", { path: ${text(loaders.near)} }, (near) => near);
    export const far = loadFrom("json", { path: source("farPath") }, (far) => far);
    export const same = loadFrom("json", { path: source("samePath") }, (same) => same);
    export const mine = dataLoader((n) => {
      const file = path.resolve(import.meta.dirname, ${text(loaders.mine)});
      return loaded(file, JSON.parse(readFileSync(file, "utf8")));
    });
    export const fixed = dataLoader((n) => loaded(${text(loaders.fixed)}, JSON.parse(readFileSync(${text(loaders.fixed)}, "utf8"))));`;
}

const driver = `
  import { Driver } from "sluice/dataflow";
  export const driverWith = (cache) =>
    Driver.builder().withModules("./flow.js").withCache({ path: cache, onWarning: () => {} }).build();`;

/** Does what it is told, sequence by sequence, and tells of each run what is not as the copy would have it. */
const script = (machine: string): string => `
  import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
  import path from "node:path";
  const copies = {}; for (const name of ${JSON.stringify(copies)}) copies[name] = (await import("./" + name + "/app/driver.js")).driverWith;
  const [savers, loaders] = [${JSON.stringify(savers)}, ${JSON.stringify(loaders)}];
  const place = (copy, at) => path.resolve(import.meta.dirname, copy, "app", at.replace("*", ${JSON.stringify(machine)}));
  // As old as files are that nobody has just written.
  const write = (file, value) => { mkdirSync(path.dirname(file), { recursive: true }); writeFileSync(file, JSON.stringify(value)); };
  const wrong = [];
  for (const [i, steps] of JSON.parse(process.argv[2]).entries()) {
    const cache = path.join(import.meta.dirname, "cache" + i);
    for (const name of Object.keys(copies)) for (const at of Object.values(savers)) rmSync(place(name, at), { force: true });
    for (const name of Object.keys(copies)) for (const at of Object.values(loaders)) write(place(name, at), { at: name });
    for (const [what, copy, target, n] of steps) {
      const file = place(copy, savers[target] ?? loaders[target]);
      if (what === "remove" && target in savers) rmSync(file, { force: true });
      else if (what !== "run") write(file, { changed: n });
      else {
        const driver = copies[copy](cache);
        const inputs = target === "far" ? { farPath: loaders.far } : target === "same" ? { samePath: place(copy, loaders.same) } : { n };
        const { [target]: given } = await driver.execute([target], { inputs });
        await driver.close();
        const there = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
        const wanted = target in savers ? { n } : given;
        // What stays on the machine is copied with the project all the same, and then it looks like it.
        const look = path.join(import.meta.dirname, "two/app", path.relative(place("one", "."), file));
        if (target === "literal" || target === "fixed") write(look, wanted);
        if (JSON.stringify(there) !== JSON.stringify(wanted)) wrong.push({ sequence: i, copy, target, n, there, wanted });
      }
    }
  }
  console.log(JSON.stringify({ wrong }));`;

type Step = readonly [what: "run" | "remove" | "change", copy: (typeof copies)[number], target: string, n: number];

/** What is not as it should be after the runs among the steps. */
async function wrongOf(sequences: readonly (readonly Step[])[]): Promise<readonly unknown[]> {
  const machine = path.join(project.dir, "machine");
  for (const copy of copies) {
    project.write(`${copy}/app/package.json`, '{ "type": "module" }');
    project.write(`${copy}/app/flow.js`, flow(machine));
    project.write(`${copy}/app/driver.js`, driver);
  }
  project.write("steps.js", script(machine));
  return (await project.run("steps.js", JSON.stringify(sequences))).wrong;
}

describe("what lies outside of a project that was copied", () => {
  test("is not taken for what the copy writes and reads", async () => {
    const twice = all.map((target): readonly Step[] => [
      ["run", "one", target, 1],
      ["run", "two", target, 1],
      ["change", "two", target, 2],
      ["run", "two", target, 1],
      ["run", "one", target, 1],
    ]);
    expect(await wrongOf(twice)).toEqual([]);
  });

  test("whatever the two of them do in turn", { timeout: 120_000 }, async () => {
    const step = fc.tuple(
      fc.constantFrom("run" as const, "run" as const, "run" as const, "remove" as const, "change" as const),
      fc.constantFrom(...copies),
      fc.nat(1),
    );
    const sequence = fc
      .tuple(fc.constantFrom(...all), fc.array(step, { minLength: 2, maxLength: 8 }))
      .map(([target, steps]) => steps.map(([what, copy, n]): Step => [what, copy, target, n]));
    await fc.assert(
      fc.asyncProperty(fc.array(sequence, { minLength: 25, maxLength: 25 }), async (sequences) => {
        expect(await wrongOf(sequences)).toEqual([]);
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });
});
