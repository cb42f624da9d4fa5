import fc from "fast-check";
import { gracefulErrors } from "sluice/dataflow";
import { expect, test } from "vitest";
import { randomNode, type WiredNode, wire } from "../parallel-graphs.ts";
import { BranchProject } from "../parallel-rig.ts";

/*
 * Random graphs with branches inside of branches, whose functions fail for some of what they get, give what plain loops give that put a
 * sentinel in the place of what has no value. When nothing fails any more, nothing of the sentinels is left.
 */

const sentinel = "lost";

interface Faults {
  /** Whether a function fails for what it gets; not a word of it is in any key. */
  fails(name: string, list: unknown): boolean;
}
const faults: Faults = { fails: () => false };
Object.assign(globalThis, { gracefulFaults: faults });

function failing(nodes: readonly WiredNode[], rate: number): Faults["fails"] {
  return (name, list) => {
    const { isParallel } = nodes.find((node) => node.name === name)!;
    const text = name + JSON.stringify(list);
    const hash = Buffer.from(text).reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7);
    // A list that fails leaves nothing to go over.
    return (hash >>> 7) % (isParallel ? rate * 3 : rate) === 0;
  };
}

function moduleOf(nodes: readonly WiredNode[]): string {
  const head = `
    const numbers = (value: any): number[] => (Array.isArray(value) ? value.flatMap(numbers) : typeof value === "number" ? [value] : []);
    const call = (name: string, list: any[], isParallel: boolean) => {
      if ((globalThis as any).gracefulFaults.fails(name, list)) throw new Error(name + " failed");
      return isParallel ? [...new Set(numbers(list))].slice(0, 3).map((n) => [name, n]) : [name, ...list];
    };`;
  const lines = nodes.map(({ name, isParallel, reads }) => {
    const names = ["seed", ...reads.map(({ node }) => `n${node}`)];
    const fn = `(${names.map((each) => `${each}: any`).join(", ")}) => call("${name}", [${names.join(", ")}], ${isParallel})`;
    const collected = reads.filter((read) => read.collected).map(({ node }) => `"n${node}"`);
    const whole = collected.length > 0 ? `collect([${collected.join(", ")}], ${fn})` : fn;
    return `export const ${name} = ${isParallel ? `parallel(${whole})` : whole};`;
  });
  return [head, ...lines].join("\n");
}

const numbers = (value: unknown): number[] =>
  Array.isArray(value) ? value.flatMap(numbers) : typeof value === "number" ? [value] : [];

/** What stands for nothing, in the model. */
const lost = Symbol("lost");

function byLoops(nodes: readonly WiredNode[], seed: unknown, fails: Faults["fails"], accepts: (i: number) => boolean) {
  const values: unknown[] = [];
  const at = (value: unknown, position: readonly number[]): unknown =>
    position.reduce((list: unknown, index) => (list as readonly unknown[])[index], value);
  const depthOf = ({ node, collected }: WiredNode["reads"][number]): number => {
    const { path, isParallel } = nodes[node]!;
    return path.length + (isParallel ? 1 : 0) - (collected ? 1 : 0);
  };
  for (const [i, { name, isParallel, reads, path }] of nodes.entries()) {
    const run = (position: readonly number[]): unknown => {
      if (position.length < path.length) {
        const items = at(values[path[position.length]!], position);
        // Nobody goes over the items of a list that is lost.
        if (items === lost) return lost;
        return (items as readonly unknown[]).map((_, index) => run([...position, index]));
      }
      const given = reads.map((read) => at(values[read.node], position.slice(0, depthOf(read))));
      // Of a list that is collected it is for the function to see what is lost.
      const list = shown([seed, ...given]) as unknown[];
      const isStopped = given.includes(lost) && !accepts(i);
      if (isStopped || fails(name, list)) return lost;
      return isParallel ? [...new Set(numbers(list))].slice(0, 3).map((n) => [name, n]) : [name, ...list];
    };
    // What goes over a list takes no sentinel for one.
    const isStopped = reads.some((read) => values[read.node] === lost && (!accepts(i) || depthOf(read) > 0));
    values.push(isStopped ? lost : run([]));
  }
  return values.map(shown);
}

function shown(value: unknown): unknown {
  if (value === lost) return sentinel;
  return Array.isArray(value) ? value.map(shown) : value;
}

const seed = fc.array(fc.nat(6), { maxLength: 4 });

test("branches in which items fail give what plain loops give with sentinels, and nothing of it when they no longer fail", {
  timeout: process.env.SLUICE_LONG ? 3_600_000 : 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(randomNode, { minLength: 3, maxLength: 9 }).map(wire),
      fc.tuple(seed, seed),
      fc.integer({ min: 2, max: 6 }),
      fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
      async (nodes, [a, b], rate, accepting) => {
        using project = new BranchProject();
        const accepts = (i: number): boolean => accepting[i]!;
        const accept = nodes.flatMap(({ name }, i) => (accepts(i) ? [name] : []));
        const hook = gracefulErrors({ sentinel, accept });
        const driver = project.driver(moduleOf(nodes), {}, (builder) => builder.withHooks(hook));
        const names = nodes.map(({ name }) => name);
        for (const [given, fails] of [
          [a, failing(nodes, rate)],
          [a, failing(nodes, rate)],
          [b, failing(nodes, rate)],
          [a, failing(nodes, rate)],
          [a, () => false],
          [b, () => false],
        ] as const) {
          faults.fails = fails;
          const values = await driver.execute(names, { inputs: { seed: given } });
          expect(names.map((name) => values[name])).toEqual(byLoops(nodes, given, fails, accepts));
        }
        await driver.close();
      },
    ),
    { numRuns: process.env.SLUICE_LONG ? 1000 : 40 },
  );
});
