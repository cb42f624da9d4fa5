import { fail } from "../core/failure.ts";
import type { Explanation } from "../run/explain/explanation.ts";
import type { Workspace } from "../run/workspace.ts";
import { defineCommand } from "./command.ts";
import { cacheModeOptions, jsonOption, type OptionValues, planOptions } from "./options.ts";
import { printJson, printLines } from "./print.ts";
import { isOfLastRunOnly, nothingOf, type Project, withHistory } from "./project.ts";
import { planSettings } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

const whyOptions = {
  ...planOptions,
  ...cacheModeOptions,
  run: {
    type: "string",
    value: "RUN",
    help: "what that run did with it (an id of sluice runs, or its start; or last)",
  },
  against: {
    type: "string",
    value: "RUN",
    help: "compare with the result of that run (default: the earlier result that is nearest)",
  },
  ...jsonOption,
} as const;

/** `sluice why`. */
export const why = defineCommand({
  name: "why",
  summary: "explain why a node would run or not, or why it ran",
  arguments: [{ name: "NODE", required: true, help: "the node to explain" }],
  options: whyOptions,
  details: [
    "without a pipeline (drivers have none), or one that has no such node, --run is last",
    "a past run is explained by what was recorded of it",
  ],
  async run({ args: [node], options, terminal }) {
    return withHistory(options, terminal, async ({ workspace, load }) => {
      const project = await load?.();
      const isOfPipeline = project && (options.run !== undefined || !(await isOfLastRunOnly(project, node!)));
      const explanation = isOfPipeline
        ? await ofPipeline(project, node!, options)
        : await ofRecords(workspace, node!, options, terminal, nothingOf(node!, project));
      if (options.json) {
        const { failureDocument } = await import("../report/json.ts");
        printJson(terminal, { ...explanation, warnings: explanation.warnings.map(failureDocument) });
      } else {
        const { explanationLines } = await import("../report/explanation.ts");
        const { cwd, out } = terminal;
        printLines(
          out,
          explanationLines(explanation, { style: out.style, cwd, columns: out.columns, now: Date.now() }),
        );
      }
      return 0;
    });
  },
});

type Options = OptionValues<typeof whyOptions>;

async function ofPipeline({ graph, workspace }: Project, node: string, options: Options): Promise<Explanation> {
  const { explain } = await import("../run/explain/explain.ts");
  const { run, against } = options;
  return explain(workspace, graph, node, {
    ...(await planSettings(graph, [], options)),
    ...(run === undefined ? {} : { run }),
    ...(against === undefined ? {} : { against }),
  });
}

async function ofRecords(
  workspace: Workspace,
  node: string,
  { run, against, set, cache, recompute }: Options,
  { err }: Terminal,
  nothing: string,
): Promise<Explanation> {
  if (set || cache || recompute) {
    fail("no-pipeline", `${nothing}: what a run would do cannot be said`, {
      hint: "name the pipeline with -f; or leave out --set, --cache and --recompute, which change nothing of a run that is over",
    });
  }
  const { explainPast } = await import("../run/explain/explain.ts");
  const { namedRun } = await import("../run/explain/named-run.ts");
  const { id } = await namedRun(workspace.metadata, run ?? "last");
  if (run === undefined) printLines(err, [err.style.dim(`${nothing}: this is what run ${id} did`)]);
  return explainPast(workspace, node, { run: id, ...(against === undefined ? {} : { against }) });
}
