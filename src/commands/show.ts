import { failure } from "../core/failure.ts";
import type { ResultRecord } from "../core/record.ts";
import { describeFailure } from "../report/failure.ts";
import { failureDocument } from "../report/json.ts";
import { defineCommand, type ExitCode } from "./command.ts";
import { jsonOption, planOptions } from "./options.ts";
import { printJson, printLines } from "./print.ts";
import { withProject } from "./project.ts";
import { planSettings, wholeNumber } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

/** `sluice show`. */
export const show = defineCommand({
  name: "show",
  summary: "show the cached value of a node: tables as tables, text as text",
  arguments: [{ name: "NODE", required: true, help: "the node to show" }],
  options: {
    ...planOptions,
    rows: { type: "string", value: "N", help: "rows, items or lines to show at most (default: 20)" },
    ...jsonOption,
  },
  async run({ args: [name], options, terminal }) {
    const rows = wholeNumber("--rows", options.rows, 20);
    return withProject(options, terminal, async ({ graph, workspace }) => {
      const { loadValue } = await import("../run/show.ts");
      const shown = await loadValue(workspace, graph, name!, await planSettings(graph, [], options));
      if (shown.status === "run") {
        return notCached(name!, options.json ?? false, terminal);
      }
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
function notCached(node: string, json: boolean, terminal: Terminal): ExitCode {
  const { err, cwd } = terminal;
  const missing = failure("missing-blob", `"${node}" has no cached value for what its inputs and code are now`, {
    node,
    hint: `make it first: sluice run ${node}`,
  });
  printLines(err, describeFailure(missing, { style: err.style, cwd }));
  if (json) printJson(terminal, { node, status: "run", failure: failureDocument(missing) });
  return 1;
}
