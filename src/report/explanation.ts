import { isDigest } from "../core/digest.ts";
import type { ExplainedInput, Explanation } from "../run/explain.ts";
import { describeFailure } from "./failure.ts";
import { formatAge } from "./quantity.ts";
import { describeReason } from "./reasons.ts";
import { sanitize } from "./sanitize.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";

interface ExplanationOptions {
  readonly style: Style;
  readonly cwd: string;
  readonly columns: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const verdicts: Readonly<Record<Explanation["status"], string>> = {
  hit: "is cached",
  run: "would run",
  maybe: "may run, if what it reads turns out different",
  executed: "ran",
  failed: "failed",
  skipped: "was not run",
  cancelled: "was cancelled",
};

/** Why a node ran or did not, for a person: the verdict, the reasons, then inputs and code beside the earlier result. */
export function explanationLines(explanation: Explanation, options: ExplanationOptions): string[] {
  const { style, now } = options;
  const { status, reasons, madeBy, madeAt, comparedWith, code } = explanation;
  const age = madeAt === undefined ? "" : ` (${formatAge(now - madeAt)})`;
  const made = madeBy === undefined ? "" : `, made by run ${sanitize(madeBy)}${age}`;
  const lines = [`${style.name(sanitize(explanation.node))} ${verdicts[status]}${made}`];
  lines.push(...reasons.map((reason) => `  ${describeReason(reason)}`));
  if (comparedWith && status !== "hit") {
    const when = formatAge(now - comparedWith.createdAt);
    lines.push("", style.dim(`compared with the result of run ${sanitize(comparedWith.runId)} (${when}):`));
  }
  if (explanation.inputs.length > 0)
    lines.push("", ...inputTable(explanation.inputs, options).map((line) => `  ${line}`));
  if (code.length > 0) lines.push("", `  ${style.bold("code")}`);
  for (const { name, file, line, change } of code) {
    const place = file === undefined || file === name ? "" : ` (${file}${line === undefined ? "" : `:${line}`})`;
    lines.push(`    ${change}  ${sanitize(name + place)}`);
  }
  for (const warning of explanation.warnings) {
    lines.push("", ...describeFailure(warning, { ...options, label: status === "failed" ? "error" : "warning" }));
  }
  return lines;
}

function inputTable(inputs: readonly ExplainedInput[], { style, columns }: ExplanationOptions): readonly string[] {
  const compared = inputs.some(({ changed, before }) => changed && before !== undefined);
  const rows = inputs.map((input) => [
    sanitize(input.name),
    input.kind,
    sanitize(input.node ?? ""),
    ...(compared ? [shown(input.before)] : []),
    shown(input.after),
    input.changed ? "changed" : "",
  ]);
  const titles = ["input", "kind", "node", ...(compared ? ["before", "now"] : ["version"]), ""];
  const table = titles.map((title) => ({ title, max: 40 }));
  return formatTable(table, rows, { heading: style.bold, width: columns - 2 }).lines;
}

/** A digest is told by its start: enough to see whether two are the same. */
function shown(version: string | undefined): string {
  if (version === undefined) return "not known yet";
  return isDigest(version) ? version.slice(0, 12) : sanitize(version);
}
