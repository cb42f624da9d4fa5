import path from "node:path";
import { doingOf } from "../analyse/undeclared-inputs/input-kind.ts";
import type { CheckReport } from "../run/check/check.ts";
import { isWrong, type UndeclaredInput } from "../run/check/undeclared-inputs.ts";
import { formatCount } from "../text/quantity.ts";
import { sanitize } from "../text/sanitize.ts";
import { pathLines } from "./code-diff.ts";
import { describeFailure } from "./failure.ts";
import { describePlace } from "./place.ts";
import type { Style } from "./style.ts";

interface CheckTextOptions {
  readonly style: Style;
  readonly columns: number;
  /** Where the user is: places are told relative to it. */
  readonly cwd: string;
  /** Absolute path of the project, which places in the report are relative to. */
  readonly root: string;
  /** Whether to say what is allowed as well. */
  readonly verbose: boolean;
}

/** Stages, and packages, that are named; of more than that only the number is said. */
const mostNames = 3;

/** Notes that are listed unless everything is asked for. */
const mostNotes = 10;

/** A check for a person: problems, then undeclared inputs, notes with a line each, and how many there are of all. */
export function checkLines(report: CheckReport, options: CheckTextOptions): string[] {
  const { style, cwd, verbose } = options;
  const isShort = (input: UndeclaredInput): boolean => !verbose && input.level === "note";
  const shown = report.inputs.filter(({ allowed }) => verbose || allowed === undefined);
  const notes = shown.filter(isShort);
  const more = notes.length - mostNotes;
  return [
    ...report.problems.flatMap((problem) => describeFailure(problem, { style, cwd })),
    ...shown.filter((input) => !isShort(input)).flatMap((input) => inputLines(input, options)),
    ...notes.slice(0, mostNotes).map((input) => `${titleOf(input, style)} ${placeOf(input, options)}`),
    ...(more > 0 ? [style.dim(`… ${formatCount(more, "more note")} (--verbose lists all)`)] : []),
    ...summary(report, style),
  ];
}

function inputLines(input: UndeclaredInput, options: CheckTextOptions): string[] {
  const { style, columns } = options;
  const { path: way, hint, allowed } = input;
  return [
    titleOf(input, style),
    `  ${placeOf(input, options)}`,
    ...(way.length > 1 ? pathLines(way, { columns: columns - 2 }).map((line) => `  ${style.dim(line)}`) : []),
    allowed === undefined
      ? `  ${style.bold("hint:")} ${sanitize(hint)}`
      : `  ${style.dim("because")} ${sanitize(allowed)}`,
  ];
}

function titleOf({ kind, level, what, stages, allowed }: UndeclaredInput, style: Style): string {
  const isNote = level === "note";
  const label = allowed !== undefined ? style.dim("allowed:") : isNote ? style.dim("note:") : style.warn("warning:");
  const doing = isNote ? `may ${doingOf(kind, "many")}` : doingOf(kind, stages.length === 1 ? "one" : "many");
  const names = named(stages.map((stage) => style.name(sanitize(stage))));
  return `${label} ${names} ${doing}: ${style.bold(sanitize(what))} ${style.dim(`[${kind}]`)}`;
}

function placeOf({ where }: UndeclaredInput, { style, cwd, root }: CheckTextOptions): string {
  return `${style.dim("at")} ${describePlace({ ...where, file: path.resolve(root, where.file) }, cwd)}`;
}

function summary({ stages, problems, inputs, packages }: CheckReport, style: Style): string[] {
  const wrong = inputs.filter(isWrong).length;
  const allowed = inputs.filter((input) => input.allowed !== undefined).length;
  const notes = inputs.length - wrong - allowed;
  const found = [
    ...(problems.length > 0 ? [style.bad(formatCount(problems.length, "problem"))] : []),
    wrong > 0 ? style.warn(formatCount(wrong, "undeclared input")) : style.good("no undeclared input"),
    ...(notes > 0 ? [formatCount(notes, "note")] : []),
    ...(allowed > 0 ? [`${allowed} allowed`] : []),
  ];
  const checked = `${formatCount(stages, "stage")} checked: ${found.join(", ")}`;
  if (packages.length === 0) return [checked];
  const names = named(packages.map(sanitize));
  return [checked, style.dim(`not looked into: ${formatCount(packages.length, "package")} (${names})`)];
}

/** `a`, `a and b`, `a, b, c and 4 more`. */
function named(names: readonly string[]): string {
  const more = names.length - mostNames;
  const shown = more > 0 ? [...names.slice(0, mostNames), `${more} more`] : names;
  return shown.length === 1 ? shown[0]! : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
