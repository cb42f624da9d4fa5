import type { ResultRecord } from "../../core/record.ts";
import { formatAge, formatBytes, formatDuration } from "../../report/quantity.ts";
import { sanitize } from "../../report/sanitize.ts";
import { formatTable } from "../../report/table.ts";
import type { ExitCode } from "../command.ts";
import { printJson, printLines } from "../print.ts";
import { defineVerb, type VerbCall } from "./verb.ts";

/** `sluice cache ls`. */
export const list = defineVerb({
  name: "ls",
  summary: "every result: its node, size, age, and the time that it saves",
  arguments: [{ name: "[NODE]", help: "only this node's results" }],
  options: {},
  action: listResults,
});

/** Every result, newest first. */
async function listResults({
  workspace,
  terminal,
  args: [node],
  options: { json = false },
}: VerbCall): Promise<ExitCode> {
  const { metadata } = workspace;
  const entries: ReturnType<typeof describe>[] = [];
  for await (const record of metadata.allResults()) {
    if (node !== undefined && record.node !== node) continue;
    entries.push(describe(record, await metadata.lastUsed(record.key)));
  }
  entries.sort((a, b) => b.createdAt - a.createdAt || (a.node < b.node ? -1 : 1));
  if (json) {
    printJson(terminal, { results: entries });
    return 0;
  }
  const { out, err } = terminal;
  if (entries.length === 0) printLines(err, ["nothing is cached"]);
  else printLines(out, table(entries, Date.now(), out.columns, out.style.bold));
  return 0;
}

function describe(record: ResultRecord, lastUsed: number | undefined) {
  const { node, kind, key, dataVersion, format, createdAt, durationMs, runId, artifacts } = record;
  const size = artifacts.reduce((sum, artifact) => sum + artifact.size, 0);
  return { node, kind, key, dataVersion, format, size, createdAt, lastUsed: lastUsed ?? createdAt, durationMs, runId };
}

function table(
  entries: readonly ReturnType<typeof describe>[],
  now: number,
  width: number,
  heading: (text: string) => string,
): readonly string[] {
  const columns = [
    { title: "node", max: 40 },
    { title: "key" },
    { title: "size", align: "right" },
    { title: "took", align: "right" },
    { title: "made", align: "right" },
    { title: "used", align: "right" },
    { title: "format" },
  ] as const;
  const rows = entries.map((entry) => [
    sanitize(entry.node),
    entry.key.slice(0, 12),
    formatBytes(entry.size),
    formatDuration(entry.durationMs),
    formatAge(now - entry.createdAt),
    formatAge(now - entry.lastUsed),
    sanitize(entry.format),
  ]);
  return formatTable(columns, rows, { heading, width }).lines;
}
