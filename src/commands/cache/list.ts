import type { KeptResult } from "../../metadata/keeping.ts";
import { formatTable } from "../../report/table.ts";
import type { Workspace } from "../../run/workspace.ts";
import { formatAge, formatBytes, formatCount, formatDuration } from "../../text/quantity.ts";
import { sanitize } from "../../text/sanitize.ts";
import type { ExitCode } from "../command.ts";
import type { OptionSpecs } from "../options.ts";
import { printLines } from "../print.ts";
import { wholeNumber } from "../settings.ts";
import { defineVerb, type VerbCall } from "./verb.ts";

const options = {
  limit: {
    type: "string",
    value: "N",
    help: "at most so many, the newest first (default: 100; with --json all; 0: all)",
  },
} as const satisfies OptionSpecs;

/** `sluice cache ls`. */
export const list = defineVerb({
  name: "ls",
  summary: "every result: its node, size, age, and the time that it saves",
  arguments: [{ name: "[NODE]", help: "only this node's results" }],
  options,
  action: listResults,
});

const shown = 100;

/** Results that are in memory at once. Each page takes a look at the times of all of them. */
const pageSize = 5000;

async function listResults(call: VerbCall<typeof options>): Promise<ExitCode> {
  const {
    workspace,
    terminal,
    args: [node],
  } = call;
  const { json = false, limit } = call.options;
  const most = wholeNumber("--limit", limit, json ? 0 : shown) || Number.POSITIVE_INFINITY;
  const { out, err } = terminal;
  const now = Date.now();
  let count = 0;
  if (json) out.write('{"results":[');
  for await (const page of pages(workspace, node, most)) {
    const entries = page.map(describe);
    if (json) out.write(entries.map((entry, i) => (count + i > 0 ? "," : "") + JSON.stringify(entry)).join("\n"));
    else printLines(out, table(entries, now, out.columns, out.style.bold));
    count += page.length;
  }
  if (json) out.write("]}\n");
  else if (count === 0) printLines(err, ["nothing is cached"]);
  else if (count === most) await tellMore(workspace, node, count, (line) => printLines(err, [err.style.dim(line)]));
  return 0;
}

async function tellMore(
  { metadata }: Workspace,
  node: string | undefined,
  count: number,
  tell: (line: string) => void,
) {
  if (node !== undefined) return;
  const { results } = await metadata.keeping.totals();
  if (results > count) tell(`… ${formatCount(results - count, "more result")}; --limit 0 shows all`);
}

async function* pages(
  { metadata }: Workspace,
  node: string | undefined,
  most: number,
): AsyncGenerator<readonly KeptResult[]> {
  let after: KeptResult | undefined;
  for (let left = most; left > 0; ) {
    const page = await metadata.keeping.newest({ limit: Math.min(left, pageSize), node, after });
    after = page.at(-1);
    if (!after) return;
    left -= page.length;
    yield page;
  }
}

function describe({ record, usedAt, uses }: KeptResult) {
  const { node, kind, key, dataVersion, format, createdAt, durationMs, runId, artifacts } = record;
  const size = artifacts.reduce((sum, artifact) => sum + artifact.size, 0);
  return { node, kind, key, dataVersion, format, size, createdAt, lastUsed: usedAt, uses, durationMs, runId };
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
