import type {
  DifferentStage,
  FailedStage,
  UnverifiedStage,
  VerifiedStage,
  VerifyOutcome,
} from "../run/verify/verify.ts";
import { formatAge, formatCount, formatDuration, formatNumber } from "../text/quantity.ts";
import { sanitize } from "../text/sanitize.ts";
import type { DifferenceLinesOptions } from "./change-lines.ts";
import { differenceLines } from "./difference.ts";
import { describeFailure } from "./failure.ts";
import { failureDocument, milliseconds } from "./json.ts";
import type { Loudness } from "./output.ts";

interface VerifyLinesOptions extends DifferenceLinesOptions {
  readonly cwd: string;
  readonly loudness: Loudness;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What came of `sluice verify`, for a person: the stages that differ and how, those that were not verified, then the count. */
export function verifyLines(outcome: VerifyOutcome, options: VerifyLinesOptions): string[] {
  const { stages } = outcome;
  const lines: string[] = [];
  for (const stage of stages) {
    if (stage.status === "same" && options.loudness === "verbose") {
      lines.push(`${options.style.good("same")}     ${sanitize(stage.node)}  ${formatDuration(stage.durationMs)}`);
    }
    if (stage.status === "failed") lines.push(...failedLines(stage, options));
    if (stage.status === "different") lines.push(...differentLines(stage, options));
  }
  if (options.loudness !== "quiet") lines.push(...unverifiedLines(stages.filter(isUnverified), options));
  if (options.loudness !== "quiet") lines.push(summary(outcome, options));
  if (stages.some(({ status }) => status === "different")) lines.push(`  hint: ${advice}`);
  else if (stages.every(isUnverified) && outcome.status === "failed")
    lines.push("  hint: first run what can be: sluice run");
  return lines;
}

const advice = "a stage that differs depends on more than its inputs: sluice check NODE shows on what it may";

function isUnverified(stage: VerifiedStage): stage is UnverifiedStage {
  return stage.status === "unverified";
}

function failedLines({ node, failure }: FailedStage, { style, cwd }: VerifyLinesOptions): string[] {
  const said = describeFailure(failure, { style, cwd }).map((line) => `  ${line}`);
  return [`${style.bad("failed")}   ${style.name(sanitize(node))}`, ...said];
}

function differentLines(stage: DifferentStage, options: VerifyLinesOptions): string[] {
  const { style, columns, now } = options;
  const { node, madeBy, madeAt, difference, missing } = stage;
  const made = style.dim(`cached by run ${sanitize(madeBy)} (${formatAge(now - madeAt)})`);
  const how = difference
    ? differenceLines(difference, { style, columns: columns - 2 })
    : [`not compared: ${sanitize(missing ?? "")}`];
  return [`${style.bad("differs")}  ${style.name(sanitize(node))}  ${made}`, ...how.map((line) => `  ${line}`)];
}

/** Those of one reason on one line. */
function unverifiedLines(stages: readonly UnverifiedStage[], { style }: VerifyLinesOptions): string[] {
  const byDetail = new Map<string, string[]>();
  for (const { node, why, detail } of stages) {
    if (why === "not-in-sample") continue;
    byDetail.set(detail, [...(byDetail.get(detail) ?? []), sanitize(node)]);
  }
  return [...byDetail].flatMap(([detail, nodes]) => {
    const shown = nodes.slice(0, 5).join(", ");
    const names = nodes.length > 5 ? `${shown} and ${formatNumber(nodes.length - 5)} more` : shown;
    return [`${style.warn("skipped")}  ${style.name(names)}  ${sanitize(detail)}`];
  });
}

function summary({ stages, status, durationMs, seed, runId }: VerifyOutcome, { style }: VerifyLinesOptions): string {
  const count = (wanted: VerifiedStage["status"]): number => stages.filter((stage) => stage.status === wanted).length;
  const sampled = stages.some((stage) => stage.status === "unverified" && stage.why === "not-in-sample");
  const verified = stages.length - count("unverified");
  const part = (number: number, what: string): string[] => (number === 0 ? [] : [`${formatNumber(number)} ${what}`]);
  const parts = [
    `${formatNumber(verified)} of ${formatCount(stages.length, "stage")} verified`,
    ...part(count("same"), "the same"),
    ...part(count("different"), "different"),
    ...part(count("failed"), "failed"),
  ];
  const title =
    status === "cancelled"
      ? style.warn("interrupted:")
      : status === "failed"
        ? style.bad("failed:")
        : style.good("done:");
  const sample = sampled ? ` (sample with seed ${sanitize(seed)})` : "";
  const recorded = runId === undefined ? "" : `; recorded as run ${sanitize(runId)}`;
  return `${title} ${parts.join(", ")}${sample}, in ${formatDuration(durationMs)}${recorded}`;
}

/** What `verify --json` prints. */
export function verifyDocument({ status, runId, seed, durationMs, stages }: VerifyOutcome): object {
  return {
    status,
    ...(runId === undefined ? {} : { runId }),
    seed,
    durationMs: milliseconds(durationMs),
    stages: Object.fromEntries(stages.map((stage) => [stage.node, stageDocument(stage)])),
  };
}

function stageDocument({ node: _, status, ...rest }: VerifiedStage): object {
  if ("failure" in rest) return { status, ...rest, failure: failureDocument(rest.failure) };
  return "durationMs" in rest ? { status, ...rest, durationMs: milliseconds(rest.durationMs) } : { status, ...rest };
}
