import fc from "fast-check";
import { Driver } from "sluice/dataflow";
import { expect, test } from "vitest";
import { randomNode, type WiredNode, wire } from "./parallel-graphs.ts";
import { BranchProject } from "./parallel-rig.ts";

/*
 * Random graphs with branches inside of branches give what plain loops give: cold, warm, edited, in threads. The model knows nothing of
 * keys: it remembers which function has been called with which values, and so which calls a run must make, and which it must not.
 */

const value = fc.array(fc.nat(6), { maxLength: 4 });

/** What a plain node gives: what it read, so that a difference anywhere shows; a parallel one, some of the numbers in that. */
const helpers = `
  const numbers = (value: any): number[] => (Array.isArray(value) ? value.flatMap(numbers) : typeof value === "number" ? [value] : []);
  const itemsOf = (name: string, values: any[], salt: number) =>
    [...new Set(numbers(values))].slice(0, 3).map((n) => [name, n + salt]);
`;

function moduleOf(nodes: readonly WiredNode[], salts: readonly number[]): string {
  const lines = nodes.map(({ name, isParallel, reads }, i) => {
    const parameters = reads.map(({ node }) => `n${node}: any`).join(", ");
    const list = `[${["seed", ...reads.map(({ node }) => `n${node}`)].join(", ")}]`;
    const given = isParallel ? `itemsOf("${name}", ${list}, ${salts[i]})` : `["${name}", ${salts[i]}, ...${list}]`;
    const fn = `(seed: any${parameters === "" ? "" : `, ${parameters}`}) => (note("${name}", ${list}), ${given})`;
    const collected = reads.filter((read) => read.collected).map(({ node }) => `"n${node}"`);
    const whole = collected.length > 0 ? `collect([${collected.join(", ")}], ${fn})` : fn;
    return `export const ${name} = ${isParallel ? `parallel(${whole})` : whole};`;
  });
  return helpers + lines.join("\n");
}

const numbers = (value: unknown): number[] =>
  Array.isArray(value) ? value.flatMap(numbers) : typeof value === "number" ? [value] : [];

/** Plain loops: the values of all nodes, nested by their branches, and the calls that this takes. */
function byLoops(nodes: readonly WiredNode[], salts: readonly number[], seed: unknown) {
  const values: unknown[] = [];
  const calls: string[] = [];
  const at = (value: unknown, position: readonly number[]): unknown =>
    position.reduce((list: unknown, index) => (list as readonly unknown[])[index], value);
  for (const [i, { name, isParallel, reads, path }] of nodes.entries()) {
    const run = (position: readonly number[]): unknown => {
      if (position.length < path.length) {
        const items = at(values[path[position.length]!], position) as readonly unknown[];
        return items.map((_, index) => run([...position, index]));
      }
      const depths = reads.map(({ node, collected }) => {
        const { path: theirs, isParallel } = nodes[node]!;
        return theirs.length + (isParallel ? 1 : 0) - (collected ? 1 : 0);
      });
      const list = [seed, ...reads.map(({ node }, j) => at(values[node], position.slice(0, depths[j])))];
      calls.push(`${name} ${JSON.stringify(list)}`);
      const found = [...new Set(numbers(list))].slice(0, 3).map((n) => [name, n + salts[i]!]);
      return isParallel ? found : [name, salts[i], ...list];
    };
    values.push(run([]));
  }
  return { values, calls };
}

interface Step {
  readonly seed: readonly number[];
  /** The node whose code is edited, if one is. */
  readonly edit: number | undefined;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ seed: value, edit: fc.option(fc.nat(50), { nil: undefined, freq: 2 }) }),
  { minLength: 2, maxLength: 4 },
);

function check(executor: "inline" | "thread", numRuns: number) {
  let many = 0;
  return fc
    .assert(
      fc.asyncProperty(fc.array(randomNode, { minLength: 3, maxLength: 8 }), steps, async (random, steps) => {
        using project = new BranchProject();
        const nodes = wire(random);
        let salts: readonly number[] = nodes.map(() => 0);
        const done = new Set<string>();
        for (const [number, { seed, edit }] of steps.entries()) {
          if (edit !== undefined) salts = salts.with(edit % nodes.length, number * 10);
          const text = moduleOf(nodes, salts);
          const expected = byLoops(nodes, salts, seed);
          await using driver = project.driver(text, {}, (builder) => builder.withExecutor(executor));
          const names = nodes.map(({ name }) => name);
          for (const time of ["cold", "warm"]) {
            const values = await driver.execute(names, { inputs: { seed } });
            expect(names.map((name) => values[name])).toEqual(expected.values);
            // A module that is another file has code of its own.
            const ids = expected.calls.map((call) => `${text} ${call}`);
            const must = [...new Set(ids.filter((id) => !done.has(id)))];
            const ran = project.ran();
            many += ran.length;
            expect(ran, time).toEqual(must.map((id) => id.slice(text.length + 1)).toSorted());
            for (const id of ids) done.add(id);
          }
        }
      }),
      { numRuns, endOnFailure: true },
    )
    .then(() => many);
}

const long = process.env.SLUICE_LONG ? 20 : 1;

test("random branches give what plain loops give, and run what they must", { timeout: 300_000 * long }, async () => {
  expect(await check("inline", 25 * long)).toBeGreaterThan(200);
});

test("in threads, too", { timeout: 300_000 * long }, async () => {
  expect(await check("thread", 3 * long)).toBeGreaterThan(10);
});

test("edited between processes, it runs the calls of what was edited, and of what reads something else for it", {
  timeout: 300_000 * long,
}, async () => {
  let many = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(randomNode, { minLength: 4, maxLength: 8 }),
      value,
      fc.array(fc.nat(50), { minLength: 2, maxLength: 3 }),
      async (random, seed, edits) => {
        using project = new BranchProject();
        const nodes = wire(random);
        const names = nodes.map(({ name }) => name);
        project.write(
          "run.ts",
          `import { Driver } from "sluice/dataflow";
         const driver = Driver.builder().withModules("./flow.ts").withCache({ path: "cache" }).build();
         const values: any = await driver.execute(${JSON.stringify(names)}, { inputs: { seed: ${JSON.stringify(seed)} } });
         console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => values[name])));`,
        );
        let salts: readonly number[] = nodes.map(() => 0);
        const done = new Set<string>();
        for (const [number, edit] of [0, ...edits].entries()) {
          salts = salts.with(edit % nodes.length, number);
          project.module(moduleOf(nodes, salts));
          const expected = byLoops(nodes, salts, seed);
          expect(await project.run("run.ts")).toEqual(expected.values);
          const ids = expected.calls.map((call) => `${salts[Number(/^n(\d+)/.exec(call)![1])]} ${call}`);
          const must = [...new Set(ids.filter((id) => !done.has(id)))];
          expect(project.ran()).toEqual(must.map((id) => id.replace(/^\d+ /, "")).toSorted());
          for (const id of ids) done.add(id);
          many += must.length;
        }
      },
    ),
    { numRuns: 4 * long, endOnFailure: true },
  );
  expect(many).toBeGreaterThan(10);
});

test("the model is none of the engine", () => {
  expect(Driver).toBeDefined();
  const nodes = wire([
    { kind: "parallel", picks: [] },
    { kind: "plain", picks: [{ at: 0, collected: false }] },
    { kind: "plain", picks: [{ at: 1, collected: true }] },
  ]);
  expect(nodes.map(({ path }) => path)).toEqual([[], [0], []]);
  const { values } = byLoops(nodes, [0, 0, 0], [1, 2]);
  expect(values).toEqual([
    [
      ["n0", 1],
      ["n0", 2],
    ],
    [
      ["n1", 0, [1, 2], ["n0", 1]],
      ["n1", 0, [1, 2], ["n0", 2]],
    ],
    [
      "n2",
      0,
      [1, 2],
      [
        ["n1", 0, [1, 2], ["n0", 1]],
        ["n1", 0, [1, 2], ["n0", 2]],
      ],
    ],
  ]);
});
