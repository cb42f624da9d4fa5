import type { Benchmark, Cell } from "./benchmark.ts";
import { expectSummary, type GeneratedPipeline, pipelineOf } from "./generated-pipeline.ts";
import { type Case, measure, median } from "./measure.ts";
import { pipelineShapes, shapeText } from "./pipeline-shapes.ts";
import { processCells, processColumns } from "./process-table.ts";

/** A state that a run finds, and how many stages it then runs. */
interface State {
  readonly name: string;
  readonly verb: "run" | "plan";
  readonly prepare: (pipeline: GeneratedPipeline) => void;
  readonly runs: (pipeline: GeneratedPipeline) => number | undefined;
}

/** In this order, round after round: each finds what the one before left. */
const states: readonly State[] = [
  { name: "cold", verb: "run", prepare: (pipeline) => pipeline.forget(), runs: ({ stages }) => stages },
  { name: "plan, nothing changed", verb: "plan", prepare: () => {}, runs: () => undefined },
  { name: "an input of one stage edited", verb: "run", prepare: (pipeline) => pipeline.editInput(), runs: () => 1 },
  { name: "code of one stage edited", verb: "run", prepare: (pipeline) => pipeline.editCode(), runs: () => 1 },
];

/** Runs that have something to do, and `plan`, as whole processes. */
export const cold: Benchmark = {
  about: "cold runs, runs after one edit, and plan, as whole processes, against Node's own start",

  async run({ rounds, nodes, log }) {
    const rows: Cell[][] = [];
    for (const shape of pipelineShapes(nodes)) {
      log(`${shape.nodes} nodes, ${shapeText(shape)}`);
      const pipeline = pipelineOf(shape);
      const cases = states.map((state) => caseOf(pipeline, state));
      // Not reversed: an edit needs what a cold run left.
      const isLong = shape.nodes > 10_000;
      const limits = {
        rounds: Math.min(rounds, 5),
        budgetMs: isLong ? 0 : 4_000,
        usage: isLong ? "together" : true,
      } as const;
      for (const [at, measured] of (await measure(cases, { ...limits, inOrder: true })).entries()) {
        const { name } = states[at]!;
        const perNode = name === "cold" ? (median(measured.wallMs) * 1000) / shape.nodes : null;
        rows.push([shapeText(shape), name, shape.nodes, ...processCells(measured), perNode]);
      }
    }
    const columns = [
      { name: "pipeline", unit: "text" },
      { name: "state", unit: "text" },
      { name: "nodes", unit: "count" },
      ...processColumns,
      { name: "a node", unit: "us" },
    ] as const;
    return { tables: [{ id: "cold", title: "Something to do", columns, rows }] };
  },
};

function caseOf(pipeline: GeneratedPipeline, { name, verb, prepare, runs }: State): Case {
  return {
    label: name,
    args: pipeline.sluice(verb),
    cwd: pipeline.folder,
    prepare: () => prepare(pipeline),
    check: (_, stderr) => {
      const ran = runs(pipeline);
      if (ran !== undefined) expectSummary(stderr, ran, pipeline.stages - ran);
    },
  };
}
