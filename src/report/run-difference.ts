import { isDigest } from "../core/digest.ts";
import type { RunRecord } from "../metadata/metadata.ts";
import type { NodeDifference, NodeSide, NodeValueDifference, RunDifference } from "../run/difference/run-difference.ts";
import { formatAge, formatCount } from "../text/quantity.ts";
import { sanitize } from "../text/sanitize.ts";
import { changeLines, type DifferenceLinesOptions } from "./change-lines.ts";
import { differenceLines } from "./difference.ts";
import { formatTable } from "./table.ts";
import { truncate } from "./width.ts";

interface RunDifferenceOptions extends DifferenceLinesOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Which nodes differ between two runs, for a person. */
export function runDifferenceLines(difference: RunDifference, options: RunDifferenceOptions): string[] {
  const { nodes, total } = difference;
  const { style, columns } = options;
  const lines = runLines(difference, options);
  if (nodes.length === 0) return [...lines, "", `no difference in ${formatCount(total, "node")}`];
  const rows = nodes.map((node) => [
    sanitize(node.node),
    node.kind,
    whatDiffers(node),
    stateText(node.before, node.after),
    stateText(node.after, node.before),
  ]);
  const titles = [
    { title: "node", max: 40 },
    { title: "kind" },
    { title: "differs in", max: 30 },
    { title: "before", max: 30 },
    { title: "after", max: 30 },
  ];
  const table = formatTable(titles, rows, { heading: style.bold, width: columns });
  return [...lines, "", ...table.lines, "", `${nodes.length} of ${formatCount(total, "node")} differ`];
}

/** How one node differs between two runs, for a person. */
export function nodeDifferenceLines(compared: NodeValueDifference, options: RunDifferenceOptions): string[] {
  const { node, difference, missing } = compared;
  const { style, columns } = options;
  const verdict =
    node.change === "same"
      ? "is the same"
      : node.change === "changed"
        ? `differs in ${whatDiffers(node)}`
        : `was ${node.change}`;
  const lines = [
    ...runLines(compared, options),
    "",
    `${style.name(sanitize(node.node))} ${truncate(verdict, columns)}`,
  ];
  for (const { name, before, after } of node.inputs) {
    lines.push(
      ...changeLines(`input ${sanitize(name)}`, short(before), short(after), options).map((line) => `  ${line}`),
    );
  }
  if (difference)
    return [...lines, "", ...(difference.equal ? ["the values are equal"] : differenceLines(difference, options))];
  const previews = [node.before?.preview, node.after?.preview] as const;
  lines.push("", ...(previews.some((text) => text !== undefined) ? changeLines("value", ...previews, options) : []));
  const { before, after } = missing ?? {};
  const why = before === after ? [before] : [before && `before: ${before}`, after && `after: ${after}`];
  const shown = why.flatMap((text) => (text ? [truncate(`not compared: ${sanitize(text)}`, columns)] : []));
  return [...lines, ...shown.map(style.dim)];
}

function runLines({ before, after }: { before: RunRecord; after: RunRecord }, options: RunDifferenceOptions): string[] {
  const { style, columns, now } = options;
  // What a run was not asked for, it does not have.
  const told = before.targets.length + after.targets.length > 0;
  const line = (mark: string, { id, startedAt, status, targets }: RunRecord): string => {
    const facts = [formatAge(now - startedAt), status ?? "unfinished", ...(told ? [targetText(targets)] : [])];
    return style.dim(truncate(`${mark} run ${sanitize(id)} (${facts.join(", ")})`, columns));
  };
  return [line("before:", before), line("after: ", after)];
}

function targetText(targets: readonly string[]): string {
  return targets.length === 0 ? "of all nodes" : `of ${sanitize(targets.join(" "))}`;
}

function whatDiffers({ change, differs, inputs }: NodeDifference): string {
  if (change !== "changed") return change;
  const words = differs.map((aspect) =>
    aspect === "inputs" ? inputs.map(({ name }) => sanitize(name)).join(", ") : aspect,
  );
  return words.join(", ") || "key";
}

/** The value by its text or the start of its version; how the node ended, where it has none. */
function stateText(side: NodeSide | undefined, other: NodeSide | undefined): string {
  if (!side) return "";
  if (side.preview !== undefined && side.preview !== other?.preview) return sanitize(side.preview);
  return side.dataVersion === undefined ? side.status : side.dataVersion.slice(0, 12);
}

function short(text: string | undefined): string | undefined {
  return text !== undefined && isDigest(text) ? text.slice(0, 12) : text;
}
