import type { ExplainedCode, PathStep } from "../run/explain/explanation.ts";
import { formatCount } from "../text/quantity.ts";
import { sanitize } from "../text/sanitize.ts";
import type { Style } from "./style.ts";
import { displayWidth, truncate } from "./width.ts";

interface CodeDiffOptions {
  readonly style: Style;
  /** Columns of the terminal; Infinity for none. */
  readonly columns: number;
}

/** Lines around a change that are shown: enough to find the place. */
const context = 2;

/** What is to be seen of one changed part of the code: how the stage gets there, and what was edited. */
export function codeChangeLines(code: ExplainedCode, options: CodeDiffOptions): string[] {
  const { style } = options;
  const lines: string[] = [];
  if (code.was) lines.push(`it was in ${sanitize(code.was.file)}`);
  if (code.path) lines.push(...pathLines(code.path, options).map(style.dim));
  if (code.note !== undefined) lines.push(sanitize(code.note));
  return [...lines, ...diffLines(code, options)];
}

function diffLines({ difference }: ExplainedCode, { style, columns }: CodeDiffOptions): string[] {
  if (!difference) return [];
  const lines: string[] = [];
  for (const [i, hunk] of difference.hunks.entries()) {
    if (i > 0) lines.push(style.dim("…"));
    const near = hunk.lines.filter((_, at) =>
      hunk.lines.slice(Math.max(0, at - context), at + context + 1).some(({ change }) => change !== "same"),
    );
    const indent = commonIndent(near.map(({ text }) => text));
    for (const { change, text } of near) {
      const shown = truncate(sanitize(text.slice(indent).replaceAll("\t", "  ")), columns - 2);
      if (change === "removed") lines.push(style.bad(`- ${shown}`));
      else if (change === "added") lines.push(style.good(`+ ${shown}`));
      else lines.push(`  ${shown}`.trimEnd());
    }
  }
  if (difference.moreLines > 0) lines.push(style.dim(`… ${formatCount(difference.moreLines, "more changed line")}`));
  return lines;
}

/** How many characters of white space all lines begin with. */
function commonIndent(texts: readonly string[]): number {
  const [first = "", ...others] = texts.filter((text) => text.trim() !== "");
  let indent = /^\s*/.exec(first)![0];
  for (const text of others) while (!text.startsWith(indent)) indent = indent.slice(0, -1);
  return indent.length;
}

/** `report -> render (lib/render.ts:3) -> money (lib/money.ts:8)`, on as many lines as it takes. */
export function pathLines(path: readonly PathStep[], { columns }: Pick<CodeDiffOptions, "columns">): string[] {
  const [first, ...others] = path.map(({ name, file, line }, i) => {
    const place =
      file === undefined || file === name || i === 0 ? "" : ` (${file}${line === undefined ? "" : `:${line}`})`;
    return sanitize(name + place);
  });
  const lines: string[] = [];
  let line = first ?? "";
  for (const step of others) {
    const longer = `${line} -> ${step}`;
    if (displayWidth(longer) <= columns) line = longer;
    else {
      lines.push(line);
      line = `  -> ${step}`;
    }
  }
  return [...lines, line].map((each) => truncate(each, columns));
}
