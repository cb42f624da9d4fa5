import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { RunEvent } from "../../src/core/event.ts";
import type { Behaviour, NodeDefinition, StageNode } from "../../src/core/node.ts";
import { planGraph } from "../../src/run/plan.ts";
import { type RunOutcome, runGraph } from "../../src/run/run.ts";
import type { Workspace } from "../../src/run/workspace.ts";
import { memoryWorkspace, testGraph, testParam, testStage } from "../rig/engine.ts";

/*
 * Incremental equals from scratch: over random graphs and random edits, every value equals that of a clean run, the stages
 * that run are exactly those that had to, and the plan said so beforehand. The model knows nothing of keys, digests or
 * stores: it remembers which (stage, code, input values) it has seen.
 */

interface Shape {
  /** For each stage the earlier nodes that it reads. */
  readonly reads: readonly (readonly number[])[];
  readonly params: number;
}

interface State {
  readonly params: number[];
  readonly code: number[];
  readonly behaviour: Behaviour[];
}

type Edit =
  | { readonly param: number; readonly value: number }
  | { readonly stage: number; readonly code: number }
  | { readonly stage: number; readonly behaviour: Behaviour }
  | { readonly forget: number }
  | { readonly nothing: true };

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ param: fc.nat(99), value: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ stage: fc.nat(99), code: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      stage: fc.nat(99),
      behaviour: fc.constantFrom<Behaviour>("default", "recompute", "disable"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ forget: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ nothing: fc.constant(true as const) }) },
);

const shape: fc.Arbitrary<Shape> = fc
  .record({
    params: fc.integer({ min: 1, max: 3 }),
    reads: fc.array(fc.array(fc.nat(99), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 }),
  })
  .map(({ params, reads }) => ({
    params,
    reads: reads.map((picks, i) => [...new Set(picks.map((pick) => pick % (params + i)))]),
  }));

/** A small range, so that changed inputs often give unchanged results and cut off what follows. */
const compute = (code: number, inputs: readonly number[]): number =>
  Number.parseInt(digestOf(`${code}:${inputs.join(",")}`).slice(0, 4), 16) % 3;

function definitions(shape: Shape, state: State, ran: string[]): Record<string, NodeDefinition> {
  const nodes: Record<string, NodeDefinition> = {};
  const at = (i: number): NodeDefinition => nodes[i < shape.params ? `p${i}` : `s${i - shape.params}`]!;
  for (let i = 0; i < shape.params; i++) nodes[`p${i}`] = testParam(state.params[i]);
  for (const [i, reads] of shape.reads.entries()) {
    const code = state.code[i]!;
    const inputs = Object.fromEntries(reads.map((read) => [`i${read}`, at(read)]));
    const run: StageNode["run"] = (values) => {
      ran.push(`s${i}`);
      const result = compute(
        code,
        Object.values(values).map((value) => (value as { n: number }).n ?? value) as number[],
      );
      // Wreck the input: nobody else may see it.
      for (const value of Object.values(values))
        if (value && typeof value === "object") (value as { n: number }).n = 1e9;
      return { n: result };
    };
    nodes[`s${i}`] = testStage(inputs, run, { code, cache: state.behaviour[i]! });
  }
  return nodes;
}

/** What must run, and what must come out. */
class Model {
  readonly #seen = new Map<string, Set<string>>();

  step(shape: Shape, state: State): { readonly ran: string[]; readonly values: number[] } {
    const ran: string[] = [];
    const values = [...state.params];
    const uncached = new Set<number>();
    for (const [i, reads] of shape.reads.entries()) {
      const seen = this.#seen.get(`s${i}`) ?? new Set();
      this.#seen.set(`s${i}`, seen);
      // A function gets its inputs in the order of their names.
      const inputs = reads.toSorted((a, b) => (`i${a}` < `i${b}` ? -1 : 1)).map((read) => values[read]!);
      const id = `${state.code[i]}:${inputs}`;
      const behaviour = state.behaviour[i]!;
      const readsUncached = reads.some((read) => uncached.has(read));
      if (behaviour !== "default" || readsUncached || !seen.has(id)) ran.push(`s${i}`);
      if (behaviour === "disable") uncached.add(values.length);
      else if (!readsUncached) seen.add(id);
      values.push(compute(state.code[i]!, inputs));
    }
    return { ran, values };
  }

  forget(stage: number): void {
    this.#seen.delete(`s${stage}`);
  }
}

function stateOf({ params, reads }: Shape): State {
  return {
    params: Array.from({ length: params }, (_, i) => i),
    code: reads.map(() => 1),
    behaviour: reads.map(() => "default"),
  };
}

async function edited(change: Edit, shape: Shape, state: State, workspace: Workspace, model: Model): Promise<void> {
  const count = shape.reads.length;
  if ("param" in change) state.params[change.param % shape.params] = change.value;
  else if ("code" in change) state.code[change.stage % count] = change.code;
  else if ("behaviour" in change) state.behaviour[change.stage % count] = change.behaviour;
  else if ("forget" in change) {
    const stage = change.forget % count;
    const results = await workspace.metadata.resultsOf(`s${stage}`, 1000);
    await workspace.metadata.removeResults(results.map(({ key }) => key));
    model.forget(stage);
  }
}

describe("incremental equals from scratch", () => {
  test("over random graphs and edits", async () => {
    let steps = 0;
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.array(edit, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        async (shape, edits, jobs) => {
          const workspace = memoryWorkspace();
          const model = new Model();
          const state = stateOf(shape);
          for (const change of [{ nothing: true } as const, ...edits]) {
            steps += 1;
            await edited(change, shape, state, workspace, model);
            const expected = model.step(shape, state);
            const ran: string[] = [];
            const graph = testGraph(definitions(shape, state, ran));
            const plan = await planGraph(workspace, graph);
            expect(ran).toEqual([]);
            const outcome = await runGraph(workspace, graph, { jobs, values: true });
            expect(outcome.status).toBe("ok");
            expect(ran.sort()).toEqual(expected.ran.sort());
            expectValues(outcome, shape, expected.values);
            for (const { node, status, key } of plan.nodes) {
              const end = outcome.nodes.get(node)!;
              if (status === "hit") expect([node, end.status]).toEqual([node, "hit"]);
              if (status === "run") expect([node, end.status]).toEqual([node, "executed"]);
              if (key !== undefined) expect([node, end.key]).toEqual([node, key]);
            }
            // What a plan leaves open, it leaves open because of something that runs first.
            const open = new Set(plan.nodes.filter(({ status }) => status !== "hit").map(({ node }) => node));
            for (const { node, status } of plan.nodes) {
              if (status !== "maybe") continue;
              expect(graph.get(node)!.inputs.some((input) => input.node && open.has(input.node.name))).toBe(true);
            }
          }
        },
      ),
      { numRuns: 250 },
    );
    expect(steps).toBeGreaterThan(1000);
  }, 120_000);

  /* A run that followed from the same ended in a way that is remembered: nothing of it may be told by what has changed since. */
  test("where runs are recalled as a whole", async () => {
    let recalled = 0;
    let afterWork = 0;
    await fc.assert(
      fc.asyncProperty(shape, fc.array(edit, { minLength: 1, maxLength: 8 }), async (shape, edits) => {
        const workspace = memoryWorkspace();
        const model = new Model();
        const state = stateOf(shape);
        for (const change of [{ nothing: true } as const, ...edits]) {
          await edited(change, shape, state, workspace, model);
          let lastRan = 0;
          for (let again = 0; again < 3; again++) {
            const expected = model.step(shape, state);
            const ran: string[] = [];
            const events: RunEvent[] = [];
            const graph = testGraph({ ...definitions(shape, state, ran), ...fillers() });
            const outcome = await runGraph(workspace, graph, {
              values: true,
              recalls: true,
              onEvent: (event) => events.push(event),
            });
            expect(outcome.status).toBe("ok");
            expect(ran.sort()).toEqual(expected.ran.sort());
            expectValues(outcome, shape, expected.values);
            const isRecalled = events.some((event) => event.type === "run-started" && event.remembered);
            if (isRecalled) {
              recalled += 1;
              const long = await runGraph(workspace, graph, { values: true });
              expect(new Map(outcome.nodes)).toEqual(new Map(long.nodes));
              const ended = events.flatMap((event) => (event.type === "node-finished" ? [event.node] : []));
              expect(ended).toEqual([...long.nodes.keys()]);
              expect(outcome.savedMs).toBe(long.savedMs);
              const kept = async ({ runId }: RunOutcome) => [...(await workspace.metadata.runNodes(runId))];
              expect(await kept(outcome)).toEqual(await kept(long));
              if (again === 1 && lastRan > 0) afterWork += 1;
            } else if (again > 0) expect(state.behaviour.every((each) => each === "default")).toBe(false);
            lastRan = ran.length;
          }
        }
      }),
      { numRuns: 60 },
    );
    expect(recalled).toBeGreaterThan(200);
    expect(afterWork).toBeGreaterThan(50);
  }, 120_000);
});

/** As many stages as it takes for a run to be recalled. */
function fillers(): Record<string, NodeDefinition> {
  return Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`filler${i}`, testStage({}, () => i, { code: 100 + i })]),
  );
}

function expectValues(outcome: RunOutcome, { params, reads }: Shape, values: readonly number[]): void {
  for (const [i] of reads.entries()) expect(outcome.value(`s${i}`)).toEqual({ n: values[params + i] });
}
