import { align, type Stretch } from "./alignment.ts";
import type { Hunk, HunkLine, TextDifference } from "./types.ts";

/** Unchanged lines that are shown before and after a change. */
const around = 3;
/** The most characters of a line that are kept. */
const longestLine = 400;

/** @param limit the most changed lines that are kept */
export async function textDifference(before: string, after: string, limit: number): Promise<TextDifference> {
  const texts = { before: linesOf(before), after: linesOf(after) };
  const { stretches, smallest } = await align(texts.before, texts.after);
  const lines = { before: texts.before.length, after: texts.after.length, added: 0, removed: 0 };
  for (const stretch of stretches) {
    if (stretch.same) continue;
    lines.removed += lengthOf(stretch.before);
    lines.added += lengthOf(stretch.after);
  }
  const hunks = hunksOf(texts, stretches, limit);
  const shown = hunks.reduce((sum, hunk) => sum + hunk.lines.filter(({ change }) => change !== "same").length, 0);
  const first = firstDifference(before, after);
  return {
    kind: "text",
    equal: first === undefined,
    lines,
    ...(first ? { first } : {}),
    hunks,
    moreLines: lines.added + lines.removed - shown,
    smallest,
  };
}

/** Each with its line feed, so that a last line without one differs from the same line with one. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function lengthOf([from, to]: readonly [number, number]): number {
  return to - from;
}

function firstDifference(before: string, after: string): { line: number; column: number } | undefined {
  if (before === after) return undefined;
  let same = 0;
  while (same < before.length && same < after.length && before[same] === after[same]) same++;
  let line = 1;
  let start = 0;
  for (let feed = before.indexOf("\n"); feed >= 0 && feed < same; feed = before.indexOf("\n", feed + 1)) {
    line++;
    start = feed + 1;
  }
  return { line, column: same - start + 1 };
}

interface Texts {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

interface OpenHunk extends Hunk {
  readonly lines: HunkLine[];
}

function hunksOf(texts: Texts, stretches: readonly Stretch[], limit: number): readonly Hunk[] {
  const hunks: OpenHunk[] = [];
  let left = limit;
  for (const [i, { same, before, after }] of stretches.entries()) {
    if (same) continue;
    if (left <= 0) break;
    const above = stretches[i - 1];
    const gap = above ? lengthOf(above.before) : 0;
    let hunk = hunks.at(-1);
    const joins = hunk !== undefined && gap <= 2 * around;
    if (!hunk || !joins) {
      const lead = Math.min(gap, around);
      hunk = { beforeLine: before[0] - lead + 1, afterLine: after[0] - lead + 1, lines: [] };
      hunks.push(hunk);
      append(hunk, "same", texts.before, before[0] - lead, before[0]);
    } else append(hunk, "same", texts.before, before[0] - gap + Math.min(gap, around), before[0]);
    // Of a change that does not fit, both sides are shown.
    const removed = Math.min(lengthOf(before), Math.max(Math.ceil(left / 2), left - lengthOf(after)));
    const added = Math.min(lengthOf(after), left - removed);
    append(hunk, "removed", texts.before, before[0], before[0] + removed);
    append(hunk, "added", texts.after, after[0], after[0] + added);
    left -= removed + added;
    const whole = removed === lengthOf(before) && added === lengthOf(after);
    const below = stretches[i + 1];
    if (whole && below) append(hunk, "same", texts.before, before[1], Math.min(before[1] + around, below.before[1]));
  }
  return hunks;
}

function append(hunk: OpenHunk, change: HunkLine["change"], lines: readonly string[], from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const line = lines[i]!;
    const whole = line.endsWith("\n") ? line.slice(0, -1) : line;
    const text = whole.length > longestLine ? `${whole.slice(0, longestLine)}…` : whole;
    hunk.lines.push({ change, text, ...(line.endsWith("\n") ? {} : { noNewline: true }) });
  }
}
