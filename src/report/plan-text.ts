import type { RunReason } from "../core/event.ts";
import { isWork } from "../core/node.ts";
import type { Plan, PlanCost, PlannedNode } from "../run/plan.ts";
import { formatCount, formatDuration, formatNumber } from "../text/quantity.ts";
import { describeReason } from "../text/reasons.ts";
import { sanitize } from "../text/sanitize.ts";
import type { Loudness } from "./output.ts";
import type { Style } from "./style.ts";
import { displayWidth, padEnd, padStart, truncate } from "./width.ts";

interface PlanOptions {
  readonly style: Style;
  readonly loudness: Loudness;
  /** Columns of the terminal; Infinity unless given. */
  readonly columns?: number;
}

/** Reasons of a node that are shown; with `verbose` all are. */
const mostReasons = 3;

/** A plan for a person: what would run and why, a line for each reason, then how much would be reused and what it costs. */
export function planLines({ nodes, cost }: Plan, { style, loudness, columns = Infinity }: PlanOptions): string[] {
  const verbose = loudness === "verbose";
  const work = nodes.filter(({ kind }) => isWork(kind));
  const shown = verbose ? work : work.filter(({ status }) => status !== "hit");
  const width = Math.min(
    40,
    shown.reduce((most, { node }) => Math.max(most, displayWidth(sanitize(node))), 4),
  );
  const words = { run: style.good("run"), maybe: style.warn("maybe"), hit: style.dim("hit") };
  const margin = " ".repeat(7 + width + 2 + 10 + 2);
  const lines = shown.flatMap(({ node, status, expectedMs, reasons }) => {
    const word = words[status] + " ".repeat(5 - status.length);
    const time = padStart(expectedMs === undefined ? "" : formatDuration(expectedMs), 10);
    const [first = "", ...more] = reasonLines(reasons, verbose).map((line) => truncate(line, columns - margin.length));
    const head = `${word}  ${style.name(padEnd(sanitize(node), width))}  ${time}  ${first}`.trimEnd();
    return [head, ...more.map((line) => margin + line)];
  });
  return loudness === "quiet" ? lines : [...lines, ...summary(work, style), ...costLines(cost)];
}

function reasonLines(reasons: readonly RunReason[], verbose: boolean): string[] {
  const shown = verbose ? reasons : reasons.slice(0, mostReasons);
  const more = reasons.length - shown.length;
  return [...shown.map(describeReason), ...(more > 0 ? [`and ${formatNumber(more)} more`] : [])];
}

function summary(work: readonly PlannedNode[], style: Style): string[] {
  const of = (status: PlannedNode["status"]) => work.filter((node) => node.status === status);
  const saved = of("hit").reduce((sum, { savedMs }) => sum + (savedMs ?? 0), 0);
  const tail = saved >= 0.5 ? `; saves ${formatDuration(saved)}` : "";
  if (work.length === 0) return [`${style.good("nothing to do:")} no stage is needed`];
  if (of("hit").length === work.length) {
    const all = work.length === 1 ? "the stage is" : `all ${formatNumber(work.length)} stages are`;
    return [`${style.good("nothing to do:")} ${all} cached${tail}`];
  }
  const maybe = of("maybe").length;
  const parts = [
    `${formatCount(of("run").length, "stage")} would run`,
    ...(maybe > 0 ? [`${formatNumber(maybe)} may, if what they read turns out different`] : []),
    `${formatNumber(of("hit").length)} would be reused`,
  ];
  return [`${parts.join(", ")}${tail}`];
}

/** `expected: 12 s of work, 5.0 s at the least; up to 3.1 s more; not known of 2 stages`. */
function costLines({ runMs, pathMs, maybeMs, unknown }: PlanCost): string[] {
  const parts = [
    ...(runMs > 0
      ? [formatDuration(runMs) + (pathMs < runMs ? ` of work, ${formatDuration(pathMs)} at the least` : "")]
      : []),
    ...(maybeMs > 0 ? [`up to ${formatDuration(maybeMs)} more`] : []),
    ...(unknown.length > 0 ? [`not known of ${formatCount(unknown.length, "stage")}`] : []),
  ];
  return parts.length === 0 ? [] : [`expected: ${parts.join("; ")}`];
}
