import { isDigest } from "../core/digest.ts";
import type { RunReason } from "../core/event.ts";
import { isWork } from "../core/node.ts";
import type { Explanation, FilesChange } from "../run/explain/explanation.ts";
import { formatAge, formatNumber } from "../text/quantity.ts";
import { describeReason } from "../text/reasons.ts";
import { sanitize } from "../text/sanitize.ts";
import { codeChangeLines } from "./code-diff.ts";
import { differenceLines } from "./difference.ts";
import { describeFailure } from "./failure.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";
import { truncate } from "./width.ts";

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

/** Reasons that are told at length; of more, one line each must do. */
const mostDetailed = 8;
const mostFiles = 10;
const indent = " ".repeat(6);

/** Why a node ran or did not, for a person: the verdict, each reason with what is to be seen of it, then all inputs. */
export function explanationLines(explanation: Explanation, options: ExplanationOptions): string[] {
  const { style, now } = options;
  const { status, reasons, madeBy, madeAt, comparedWith } = explanation;
  const age = madeAt === undefined ? "" : ` (${formatAge(now - madeAt)})`;
  const made = madeBy === undefined ? "" : `, made by run ${sanitize(madeBy)}${age}`;
  const lines = [`${style.name(sanitize(explanation.node))} ${verdictOf(explanation)}${made}`];
  for (const [i, reason] of reasons.entries()) {
    const details = i < mostDetailed ? detailsOf(reason, explanation, options) : [];
    // A long value says less than how it differs.
    const isLong = details.length > 0 && reason.kind !== "code" && `${reason.before}${reason.after}`.length > 60;
    const { before: _, after: __, ...short } = reason;
    lines.push(
      `  ${describeReason(isLong ? short : reason)}`,
      ...details.map((line) => (line === "" ? "" : indent + line)),
    );
  }
  if (comparedWith && (status !== "hit" || reasons.length > 0)) {
    const when = formatAge(now - comparedWith.createdAt);
    lines.push(
      "",
      style.dim(
        `compared with the result of run ${sanitize(comparedWith.runId)} (${when})${explanation.inputs.length > 0 ? ":" : ""}`,
      ),
    );
  }
  const inputs = inputTable(explanation, options);
  if (inputs.length > 0) lines.push("", ...inputs.map((line) => `  ${line}`));
  for (const warning of explanation.warnings) {
    lines.push("", ...describeFailure(warning, { ...options, label: status === "failed" ? "error" : "warning" }));
  }
  return lines;
}

function verdictOf({ kind, status }: Explanation): string {
  return status === "hit" && !isWork(kind) ? `is a source (${kind}): it is read as it is` : verdicts[status];
}

function detailsOf(reason: RunReason, { code, inputs }: Explanation, options: ExplanationOptions): string[] {
  const inner = { style: options.style, columns: options.columns - indent.length };
  const change = code.find(({ name, file, line }) => {
    return name === reason.name && file === reason.file && line === reason.line;
  });
  // Reasons that are files may be scripts, which are code, or inputs.
  if (change && (reason.kind === "code" || reason.kind === "file")) return codeChangeLines(change, inner);
  if (reason.kind === "code") return [];
  const input = inputs.find(({ name, node, changed }) => changed && (node ?? name) === reason.name);
  if (!input) return [];
  const { files, difference, note } = input;
  return [
    ...(files ? filesLines(files, inner) : []),
    ...(difference ? differenceLines(difference, inner) : []),
    ...(note === undefined ? [] : [sanitize(note)]),
  ];
}

function filesLines(change: FilesChange, { style, columns }: Pick<ExplanationOptions, "style" | "columns">): string[] {
  const all = (["added", "removed", "changed"] as const).flatMap((what) =>
    change[what].map((name) => `${what.padEnd(7)}  ${sanitize(name)}`),
  );
  const shown = all.slice(0, mostFiles).map((line) => truncate(line, columns));
  const more = all.length - shown.length;
  return more > 0 ? [...shown, style.dim(`… and ${formatNumber(more)} more`)] : shown;
}

function inputTable({ inputs, status }: Explanation, { style, columns }: ExplanationOptions): readonly string[] {
  if (inputs.length === 0) return [];
  const compared = inputs.some(({ changed, before }) => changed && before !== undefined);
  const rows = inputs.map((input) => [
    sanitize(input.name),
    input.kind,
    sanitize(input.node ?? ""),
    ...(compared ? [shown(input.before)] : []),
    shown(input.after),
    input.changed ? "changed" : "",
  ]);
  const after = status === "hit" || status === "run" || status === "maybe" ? "now" : "then";
  const titles = ["input", "kind", "node", ...(compared ? ["before", after] : ["version"]), ""];
  const fixed = [0, 1, 2].reduce(
    (sum, i) => sum + rows.reduce((most, row) => Math.max(most, row[i]!.length), 5) + 2,
    11,
  );
  const max = Math.max(12, Math.min(40, compared ? Math.floor((columns - fixed - 2) / 2) : columns - fixed));
  const table = titles.map((title) => ({ title, max }));
  return formatTable(table, rows, { heading: style.bold, width: columns - 2 }).lines;
}

/** A digest is told by its start: enough to see whether two are the same. */
function shown(version: string | undefined): string {
  if (version === undefined) return "not known yet";
  return isDigest(version) ? version.slice(0, 12) : sanitize(version);
}
