import { type Failure, fail, failure } from "../core/failure.ts";
import { type Behaviour, isStage } from "../core/node.ts";
import type { ResultRecord } from "../core/record.ts";
import { describeFailure } from "../report/failure.ts";
import { failureDocument } from "../report/json.ts";
import type { PastShown, Shown } from "../run/show.ts";
import { defineCommand, type ExitCode } from "./command.ts";
import { jsonOption, type OptionValues, planOptions } from "./options.ts";
import { printJson, printLines } from "./print.ts";
import { type History, isOfLastRunOnly, nothingOf, type Project, withHistory } from "./project.ts";
import { planSettings, wholeNumber } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

const showOptions = {
  ...planOptions,
  run: {
    type: "string",
    value: "RUN",
    help: "the value that it had in that run (an id of sluice runs, or its start; or last)",
  },
  rows: { type: "string", value: "N", help: "rows, items or lines to show at most (default: 20)" },
  ...jsonOption,
} as const;

/** `sluice show`. */
export const show = defineCommand({
  name: "show",
  summary: "show the cached value of a node: tables as tables, text as text",
  arguments: [{ name: "NODE", required: true, help: "the node to show" }],
  options: showOptions,
  details: [
    "without a pipeline (drivers have none), or one that has no such node, --run is last",
    "the value of a past run is what is kept of it",
  ],
  async run({ args: [name], options, terminal }) {
    const rows = wholeNumber("--rows", options.rows, 20);
    return withHistory(options, terminal, async (history) => {
      const project = options.run === undefined ? await history.load?.() : undefined;
      const shown =
        project && !(await isOfLastRunOnly(project, name!))
          ? await valueNow(project, name!, options)
          : await valueThen(history, name!, options, terminal, nothingOf(name!, project));
      if ("failure" in shown) return noValue(shown, name!, options.json ?? false, terminal);
      if (shown.status === "secret") return hiddenValue(name!, options.json ?? false, terminal);
      const { peek } = await import("../report/peek.ts");
      const peeked = await peek(shown.value, rows);
      if (options.json) {
        const { peekedToJson, valueToJson } = await import("../report/value-json.ts");
        printJson(terminal, {
          node: name,
          status: shown.status,
          ...facts(shown.record),
          value: peeked ? peekedToJson(peeked) : valueToJson(shown.value),
        });
      } else {
        const { previewPeeked, previewValue } = await import("../report/preview.ts");
        const { style, columns } = terminal.out;
        const how = { style, columns, rows };
        printLines(terminal.out, peeked ? previewPeeked(peeked, how) : previewValue(shown.value, how));
      }
      return 0;
    });
  },
});

type Options = OptionValues<typeof showOptions>;

type ShownNow = Exclude<Shown, { readonly status: "run" }>;

interface NoValue {
  readonly status: string;
  readonly failure: Failure;
}

async function valueNow({ graph, workspace }: Project, name: string, options: Options): Promise<ShownNow | NoValue> {
  const { loadValue } = await import("../run/show.ts");
  const shown = await loadValue(workspace, graph, name, await planSettings(graph, [], options));
  if (shown.status !== "run") return shown;
  const [node] = graph.resolve(name);
  return {
    status: shown.status,
    failure: noneNow(name, node && isStage(node.definition) ? node.definition.cache : "default"),
  };
}

/** Why there is no value of what a node's inputs and code are now, by how it uses the cache. */
function noneNow(node: string, cache: Behaviour): Failure {
  if (cache === "disable" || cache === "ignore") {
    const hint = "what reads it is kept, unless that says so as well";
    return failure("missing-blob", `"${node}" is never kept, as it says cache: "${cache}"`, { node, hint });
  }
  if (cache === "recompute") {
    const hint = `what it gave last: sluice show ${node} --run last`;
    return failure("missing-blob", `"${node}" is made anew by each run, as it says cache: "recompute"`, { node, hint });
  }
  const message = `"${node}" has no cached value for what its inputs and code are now`;
  return failure("missing-blob", message, { node, hint: `make it first: sluice run ${node}` });
}

async function valueThen(
  { workspace, load }: History,
  name: string,
  { run, set }: Options,
  { err }: Terminal,
  nothing: string,
): Promise<PastShown | NoValue> {
  if (set) fail("usage", "--set changes nothing of a run that is over", { hint: "leave it out" });
  const { namedRun } = await import("../run/explain/named-run.ts");
  const { loadPastValue } = await import("../run/show.ts");
  const past = await namedRun(workspace.metadata, run ?? "last");
  if (run === undefined) printLines(err, [err.style.dim(`${nothing}: this is of run ${past.id}`)]);
  const shown = await loadPastValue(workspace, past, name, load && (async () => void (await load())));
  if (!("missing" in shown)) return shown;
  const message = `"${name}" has no value of run ${past.id} to show: ${shown.missing}`;
  return { status: shown.status, failure: failure("missing-blob", message, { node: name }) };
}

function facts(record: ResultRecord | undefined) {
  if (!record) return {};
  const { key, kind, dataVersion, format, meta, createdAt, durationMs, runId } = record;
  return { kind, key, dataVersion, format, meta, createdAt, durationMs, runId };
}

/** What can be said of a secret: that it is one. */
function hiddenValue(node: string, json: boolean, terminal: Terminal): ExitCode {
  if (json) printJson(terminal, { node, status: "hit", secret: true });
  else printLines(terminal.out, [terminal.out.style.dim("*** (a secret: its value is never shown)")]);
  return 0;
}

/** No value is not a mistake of the call, so the exit code is that of a node that is not there. */
function noValue({ status, failure: missing }: NoValue, node: string, json: boolean, terminal: Terminal): ExitCode {
  const { err, cwd } = terminal;
  printLines(err, describeFailure(missing, { style: err.style, cwd }));
  if (json) printJson(terminal, { node, status, failure: failureDocument(missing) });
  return 1;
}
