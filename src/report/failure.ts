import { readFileSync } from "node:fs";
import type { Failure, Place } from "../core/failure.ts";
import { sanitize, sanitizeLines } from "../text/sanitize.ts";
import { describePlace } from "./place.ts";
import { userFrames } from "./stack.ts";
import type { Style } from "./style.ts";
import { truncate } from "./width.ts";

interface FailureOptions {
  readonly style: Style;
  /** Where the user is: places are told relative to it. */
  readonly cwd: string;
  readonly label?: "error" | "warning";
  /** Of the terminal; lines of code are cut where they would be broken. */
  readonly columns?: number;
}

const maxMessageLines = 20;
const maxFrames = 6;
const widestCode = 120;
/** Columns before a line of code: margins, its number, a bar. */
const codeMargin = 16;

/** A failure for a person: what is wrong, where, what to do; for a stage's own error also its code and its calls. */
export function describeFailure(failure: Failure, { style, cwd, label = "error", columns }: FailureOptions): string[] {
  const title = label === "error" ? style.bad("error:") : style.warn("warning:");
  const [first = "", ...rest] = limited(sanitizeLines(failure.message));
  const lines = [`${title} ${first}`, ...rest.map((line) => `  ${line}`)];
  const frames = failure.reason === "stage-failed" ? userFrames(stackOf(failure.cause)) : [];
  const where = failure.where ?? frames[0];
  if (where) {
    lines.push(`  ${style.dim("at")} ${describePlace(where, cwd)}`);
    if (frames.length > 0)
      lines.push(...codeAround(where, style, Math.min(widestCode, (columns ?? Infinity) - codeMargin)));
  }
  for (const frame of frames.slice(0, maxFrames)) {
    const place = describePlace(frame, cwd);
    if (where && place === describePlace(where, cwd)) continue;
    lines.push(`  ${style.dim(`from ${frame.call ? `${sanitize(frame.call)} ` : ""}${place}`)}`);
  }
  if (failure.hint) lines.push(`  ${style.bold("hint:")} ${sanitize(failure.hint)}`);
  return lines;
}

function limited(lines: string[]): string[] {
  if (lines.length <= maxMessageLines) return lines;
  return [...lines.slice(0, maxMessageLines), `… ${lines.length - maxMessageLines} more lines`];
}

function stackOf(cause: unknown): string {
  const stack = cause !== null && typeof cause === "object" ? (cause as { stack?: unknown }).stack : undefined;
  return typeof stack === "string" ? stack : "";
}

/** The line of code, with the one before and the one after it; nothing where the source is not there to be read. */
function codeAround({ file, line, column }: Place, style: Style, width: number): string[] {
  if (line === undefined) return [];
  let source: string[];
  try {
    source = readFileSync(file, "utf8").split(/\r?\n/);
  } catch {
    return []; // the place is still named; an error about showing an error would only hide it
  }
  const from = Math.max(1, line - 1);
  const to = Math.min(source.length, line + 1);
  const digits = String(to).length;
  const lines: string[] = [];
  for (let number = from; number <= to; number++) {
    const text = truncate(sanitize(source[number - 1]!.replaceAll("\t", " ")), width);
    const gutter = `${String(number).padStart(digits)} |`;
    lines.push(number === line ? `  ${style.bad(">")} ${gutter} ${text}` : `    ${style.dim(`${gutter} ${text}`)}`);
    if (number === line && column !== undefined && column <= width) {
      lines.push(`    ${" ".repeat(digits)} | ${" ".repeat(column - 1)}${style.bad("^")}`);
    }
  }
  return lines;
}
