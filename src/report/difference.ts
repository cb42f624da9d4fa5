import type {
  BytesDifference,
  Difference,
  FileDifference,
  TextDifference,
  ValueDifference,
} from "../run/difference/difference.ts";
import { formatBytes, formatCount, formatNumber } from "../text/quantity.ts";
import { sanitize } from "../text/sanitize.ts";
import { changeLines, type DifferenceLinesOptions } from "./change-lines.ts";
import { tableDifferenceLines } from "./table-difference.ts";
import { truncate } from "./width.ts";

/** A difference of two values, for a person: what it comes to, then the first differences as `-`, `+` and `~`. */
export function differenceLines(difference: Difference, options: DifferenceLinesOptions): string[] {
  if (difference.equal) return ["no difference"];
  switch (difference.kind) {
    case "value":
      return valueLines(difference, options);
    case "table":
      return tableDifferenceLines(difference, options);
    case "text":
      return textLines(difference, options);
    case "bytes":
      return bytesLines(difference, options);
    case "file":
      return fileLines(difference, options);
  }
}

function valueLines({ total, entries }: ValueDifference, options: DifferenceLinesOptions): string[] {
  const { style } = options;
  const lines = [formatCount(total, "difference")];
  for (const { path, change, before, after, within } of entries) {
    const name = sanitize(path);
    if (within) {
      lines.push(`${style.warn("~")} ${truncate(`${name}:`, options.columns - 2)}`, ...indented(within, options));
      continue;
    }
    const what = change === "order" ? " in another order" : change === "hidden" ? " differs in what is not shown" : "";
    lines.push(...changeLines(`${name}${what}`, before, after, options));
  }
  if (total > entries.length) lines.push(style.dim(`… ${formatCount(total - entries.length, "more difference")}`));
  return lines;
}

function indented(difference: Difference, options: DifferenceLinesOptions): string[] {
  const inner = differenceLines(difference, { ...options, columns: options.columns - 4 });
  return inner.map((line) => `    ${line}`);
}

const marks = { same: " ", added: "+", removed: "-" } as const;

function textLines(difference: TextDifference, { style, columns }: DifferenceLinesOptions): string[] {
  const { lines: count, hunks, moreLines, smallest } = difference;
  const lines = [
    `${formatCount(count.removed, "line")} removed, ${formatNumber(count.added)} added ${style.dim(
      `(${formatNumber(count.before)} -> ${formatCount(count.after, "line")})`,
    )}`,
  ];
  const paint = { same: (text: string) => text, added: style.good, removed: style.bad };
  for (const { beforeLine, afterLine, lines: body } of hunks) {
    const size = (other: "added" | "removed"): number => body.filter(({ change }) => change !== other).length;
    lines.push(style.name(`@@ -${beforeLine},${size("added")} +${afterLine},${size("removed")} @@`));
    for (const { change, text, noNewline } of body) {
      const safe = sanitize(text.replaceAll("\t", "    "));
      lines.push(paint[change](truncate(`${marks[change]}${safe}`, columns)));
      if (noNewline) lines.push(style.dim("\\ no newline at the end"));
    }
  }
  if (moreLines > 0) lines.push(style.dim(`… ${formatCount(moreLines, "more changed line")}`));
  if (!smallest) lines.push(style.dim("the texts differ in too many lines to find the fewest"));
  return lines;
}

function bytesLines({ size, first, changed }: BytesDifference, { style }: DifferenceLinesOptions): string[] {
  const sizes = size.before === size.after ? formatCount(size.before, "byte") : sizesOf(size.before, size.after);
  if (!first) return [sizes];
  const where = `the first at offset ${formatNumber(first.offset)}`;
  const what =
    changed > 0
      ? `${formatCount(changed, "byte")} changed, ${where}`
      : `they differ from offset ${formatNumber(first.offset)} on`;
  const shown = (digits: string): string => (digits === "" ? "(its end)" : digits.replaceAll(/(..)(?=.)/g, "$1 "));
  return [`${sizes}; ${what}`, style.bad(`- ${shown(first.before)}`), style.good(`+ ${shown(first.after)}`)];
}

function sizesOf(before: number, after: number): string {
  const [was, is] = [formatBytes(before), formatBytes(after)];
  return was === is ? `${formatNumber(before)} -> ${formatNumber(after)} bytes` : `${was} -> ${is}`;
}

function fileLines(difference: FileDifference, options: DifferenceLinesOptions): string[] {
  const { before, after, content, contentMissing } = difference;
  const lines: string[] = [];
  if (before.name !== after.name) lines.push(...changeLines("name", before.name, after.name, options));
  if (before.origin !== after.origin) lines.push(...changeLines("origin", before.origin, after.origin, options));
  if (before.executable !== after.executable) {
    lines.push(...changeLines("executable", String(before.executable), String(after.executable), options));
  }
  if (before.digest !== after.digest) {
    const name = before.name === after.name ? sanitize(after.name) : "content";
    lines.push(`${options.style.warn("~")} ${name}: ${sizesOf(before.size, after.size)}`);
  }
  if (content) lines.push(...differenceLines(content, options));
  if (contentMissing !== undefined) lines.push(options.style.dim(`not compared: ${sanitize(contentMissing)}`));
  return lines;
}
