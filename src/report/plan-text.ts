import type { PlannedNode } from "../run/plan.ts";
import type { Loudness } from "./output.ts";
import { formatCount, formatDuration, formatNumber } from "./quantity.ts";
import { describeReasons } from "./reasons.ts";
import { sanitize } from "./sanitize.ts";
import type { Style } from "./style.ts";
import { isWork } from "./tally.ts";
import { displayWidth, padEnd, padStart } from "./width.ts";

/** A plan for a person: what would run and why, then how much would be reused. */
export function planLines(nodes: readonly PlannedNode[], style: Style, loudness: Loudness): string[] {
  const verbose = loudness === "verbose";
  const work = nodes.filter(({ kind }) => isWork(kind));
  const shown = verbose ? work : work.filter(({ status }) => status !== "hit");
  const width = Math.min(
    40,
    shown.reduce((most, { node }) => Math.max(most, displayWidth(sanitize(node))), 4),
  );
  const words = { run: style.good("run"), maybe: style.warn("maybe"), hit: style.dim("hit") };
  const lines = shown.map(({ node, status, expectedMs, reasons }) => {
    const word = words[status] + " ".repeat(5 - status.length);
    const time = padStart(expectedMs === undefined ? "" : formatDuration(expectedMs), 10);
    return `${word}  ${style.name(padEnd(sanitize(node), width))}  ${time}  ${describeReasons(reasons, verbose ? 1000 : 3)}`.trimEnd();
  });
  return loudness === "quiet" ? lines : [...lines, ...summary(work, style)];
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
