import { formatBytes, formatCount, formatDuration, formatNumber } from "../../report/quantity.ts";
import { sanitize } from "../../report/sanitize.ts";
import { formatTable } from "../../report/table.ts";
import type { ExitCode } from "../command.ts";
import { printJson, printLines } from "../print.ts";
import { defineVerb, type VerbCall } from "./verb.ts";

/** `sluice cache stats`. */
export const stats = defineVerb({
  name: "stats",
  summary: "how much is kept, and for what",
  arguments: [],
  options: {},
  action: showStats,
});

interface NodeStats {
  results: number;
  bytes: number;
  durationMs: number;
}

const shownNodes = 20;

async function showStats({ workspace, terminal, options: { json = false } }: VerbCall): Promise<ExitCode> {
  const { blobs, metadata, cacheDir } = workspace;
  const nodes = new Map<string, NodeStats>();
  let results = 0;
  for await (const record of metadata.allResults()) {
    results++;
    const node = nodes.get(record.node) ?? { results: 0, bytes: 0, durationMs: 0 };
    nodes.set(record.node, node);
    node.results++;
    node.durationMs += record.durationMs;
    for (const artifact of record.artifacts) node.bytes += artifact.size;
  }
  const blob = { count: 0, bytes: 0, storedBytes: 0 };
  for await (const { size, storedSize } of blobs.list()) {
    blob.count++;
    blob.bytes += size;
    blob.storedBytes += storedSize;
  }
  const bySize = [...nodes].sort(([a, { bytes }], [b, other]) => other.bytes - bytes || (a < b ? -1 : 1));
  if (json) {
    printJson(terminal, { cacheDir, results, blobs: blob, nodes: Object.fromEntries(bySize) });
    return 0;
  }
  const { out } = terminal;
  const lines = [
    `cache    ${sanitize(cacheDir ?? "in memory")}`,
    `results  ${formatNumber(results)} of ${formatCount(nodes.size, "node")}`,
    `blobs    ${formatNumber(blob.count)}, ${formatBytes(blob.storedBytes)} on disk for ${formatBytes(blob.bytes)}`,
  ];
  if (bySize.length > 0) {
    const columns = [
      { title: "node", max: 40 },
      { title: "results", align: "right" },
      { title: "size", align: "right" },
      { title: "took", align: "right" },
    ] as const;
    const rows = bySize
      .slice(0, shownNodes)
      .map(([name, node]) => [
        sanitize(name),
        formatNumber(node.results),
        formatBytes(node.bytes),
        formatDuration(node.durationMs),
      ]);
    lines.push("", ...formatTable(columns, rows, { heading: out.style.bold, width: out.columns }).lines);
    if (bySize.length > shownNodes)
      lines.push(out.style.dim(`… ${formatCount(bySize.length - shownNodes, "more node")}`));
  }
  printLines(out, lines);
  return 0;
}
