import fc from "fast-check";
import { expect, test } from "vitest";
import { Dataflow } from "../../../src/authoring/dataflow/graph/dataflow.ts";
import type { FlowInput, FlowNode } from "../../../src/authoring/dataflow/graph/flow-node.ts";
import { survey } from "../../../src/authoring/dataflow/graph/survey.ts";

const names = ["a", "b", "c", "d", "e"];
const read: fc.Arbitrary<FlowInput> = fc.record(
  {
    name: fc.constantFrom("x", "y"),
    optional: fc.boolean(),
    collected: fc.constant(true as const),
    from: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...names, "other", "another").map((name) => ({ name })) },
      fc.constantFrom({ value: 1 }, { value: undefined }, { name: "no\nname" }),
    ),
  },
  { requiredKeys: ["name", "optional", "from"] },
);

const flows = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), fc.array(read, { maxLength: 3 })), {
    selector: ([name]) => name,
    maxLength: 5,
  })
  .map((all) => new Map(all.map(([name, inputs]) => [name, nodeOf(name, inputs)])));

function nodeOf(name: string, inputs: readonly FlowInput[]): FlowNode {
  const [site, run] = [() => [], () => undefined];
  return { name, module: "module", inputs, run, functions: run, site, settings: {}, tags: {}, checks: [] };
}

/** The names that a node reads of others. */
function namesIn({ inputs }: FlowNode): readonly string[] {
  return inputs.flatMap(({ from }) => ("name" in from ? [from.name] : []));
}

test("the inputs are what is read and is no node, with those who read them", () => {
  fc.assert(
    fc.property(flows, (nodes) => {
      const { inputs } = survey(nodes);
      const all = [...nodes.values()];
      expect([...inputs.keys()]).toStrictEqual([...new Set(all.flatMap(namesIn))].filter((name) => !nodes.has(name)));
      for (const [name, input] of inputs) {
        const isOf = ({ from }: FlowInput): boolean => "name" in from && from.name === name;
        const readers = all.filter((node) => node.inputs.some(isOf));
        const needy = readers.filter((node) => node.inputs.some((each) => isOf(each) && !each.optional));
        expect(input).toStrictEqual({ name, readers: readers.map(nameOf), needy: needy.map(nameOf) });
      }
    }),
  );
});

test("what is called sound is what a graph can be made of", () => {
  fc.assert(
    fc.property(flows, (nodes) => {
      const given = [...nodes.values()].flatMap(({ inputs }) => inputs.map(({ from }) => from));
      const isOdd = given.some((from) => ("value" in from ? from.value === undefined : from.name === "no\nname"));
      expect(survey(nodes).isSound).toBe(!isOdd && !hasCycle(nodes));
      if (survey(nodes).isSound && !survey(nodes).hasBranches) expect(() => new Dataflow(nodes).graph).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

test("there is something to be said of branches where a node collects, gives items or says how deep it is", () => {
  fc.assert(
    fc.property(flows, fc.boolean(), fc.boolean(), (nodes, isParallel, isDeep) => {
      const collects = nodes.values().some(({ inputs }) => inputs.some(({ collected }) => collected));
      const more: FlowNode = {
        ...nodeOf("more", []),
        ...(isParallel ? { isParallel } : {}),
        ...(isDeep ? { depth: 0 } : {}),
      };
      expect(survey(new Map([...nodes, ["more", more]])).hasBranches).toBe(collects || isParallel || isDeep);
    }),
  );
});

function nameOf({ name }: FlowNode): string {
  return name;
}

function hasCycle(nodes: ReadonlyMap<string, FlowNode>): boolean {
  const leadsTo = (from: string, target: string, seen: ReadonlySet<string>): boolean =>
    namesIn(nodes.get(from) ?? nodeOf(from, [])).some(
      (name) => name === target || (!seen.has(name) && leadsTo(name, target, new Set([...seen, name]))),
    );
  return nodes.keys().some((name) => leadsTo(name, name, new Set([name])));
}
