import type { DoubtfulResults, KeptNode } from "../../metadata/keeping.ts";
import { formatTable } from "../../report/table.ts";
import type { Limits } from "../../run/keeping/limits.ts";
import type { Statistics } from "../../run/keeping/statistics.ts";
import { formatBytes, formatCount, formatDuration, formatNumber } from "../../text/quantity.ts";
import { sanitize } from "../../text/sanitize.ts";
import type { ExitCode } from "../command.ts";
import { limitOptions } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import type { Terminal } from "../terminal.ts";
import { defineVerb, type VerbCall } from "./verb.ts";

/** `sluice cache stats`. */
export const stats = defineVerb({
  name: "stats",
  summary: "how much is kept, for what, what it has saved, and what is not worth keeping",
  arguments: [],
  options: limitOptions,
  action: showStats,
});

const shownNodes = 20;

/** Nodes that are named as not worth keeping. */
const shownDoubtful = 5;

async function showStats({ workspace, terminal, options }: VerbCall<typeof limitOptions>): Promise<ExitCode> {
  const { statistics } = await import("../../run/keeping/statistics.ts");
  const { limits = {}, cacheDir } = workspace;
  const found = await statistics(workspace);
  if (!options.json) {
    show(found, limits, cacheDir, terminal);
    return 0;
  }
  const { results, bytes, savedMs, blobs: count, content, stored, nodes, cheap, unused } = found;
  printJson(terminal, {
    cacheDir,
    results,
    bytes,
    limits,
    savedMs,
    blobs: { count, bytes: content, storedBytes: stored },
    nodes: byName(nodes),
    doubtful: { cheap: { ...cheap, nodes: byName(cheap.nodes) }, unused: { ...unused, nodes: byName(unused.nodes) } },
  });
  return 0;
}

function byName(nodes: readonly KeptNode[]): Readonly<Record<string, Omit<KeptNode, "node">>> {
  // Not assigned one by one: a node may be called "__proto__".
  return Object.fromEntries(nodes.map(({ node, ...rest }) => [node, rest]));
}

function show(found: Statistics, limits: Limits, cacheDir: string | undefined, { out }: Terminal): void {
  const { results, blobs, content, stored, bytes, savedMs, nodes, cheap, unused } = found;
  const limit = limits.maxSize === undefined ? "" : `, at most ${formatBytes(limits.maxSize)}`;
  const lines = [
    `cache    ${sanitize(cacheDir ?? "in memory")}`,
    `results  ${formatNumber(results)} of ${formatCount(nodes.length, "node")}`,
    `blobs    ${formatNumber(blobs)}, ${formatBytes(stored)} on disk for ${formatBytes(content)}`,
    `size     ${formatBytes(bytes)} on disk${limit}`,
    `saved    ${formatDuration(savedMs)} in all`,
  ];
  if (nodes.length > 0) {
    const columns = [
      { title: "node", max: 40 },
      { title: "results", align: "right" },
      { title: "size", align: "right" },
      { title: "took", align: "right" },
    ] as const;
    const rows = nodes
      .slice(0, shownNodes)
      .map((node) => [
        sanitize(node.node),
        formatNumber(node.results),
        formatBytes(node.bytes),
        formatDuration(node.durationMs),
      ]);
    lines.push("", ...formatTable(columns, rows, { heading: out.style.bold, width: out.columns }).lines);
    if (nodes.length > shownNodes)
      lines.push(out.style.dim(`… ${formatCount(nodes.length - shownNodes, "more node")}`));
  }
  const doubts = [
    ...doubt(cheap, "cost less to make than to read"),
    ...doubt(unused, "large, and never used for a day and more"),
  ];
  if (doubts.length > 0) lines.push("", out.style.bold("not worth keeping"), ...doubts);
  printLines(out, lines);
}

function doubt({ results, bytes, nodes }: DoubtfulResults, why: string): readonly string[] {
  if (results === 0) return [];
  const named = nodes.slice(0, shownDoubtful).map(({ node }) => sanitize(node));
  const more = nodes.length > named.length ? `, and ${formatNumber(nodes.length - named.length)} more` : "";
  return [`  ${formatCount(results, "result")}, ${formatBytes(bytes)}: ${why} (${named.join(", ")}${more})`];
}
