import { globSync, readFileSync } from "node:fs";
import path from "node:path";

export const repository = path.resolve(import.meta.dirname, "../..");

/** A fenced block of a page. */
export interface Block {
  /** The first word after the fence: `ts`, `console`. */
  readonly language: string;
  /** The rest: the name of the file that it is, where it has one. */
  readonly name: string;
  readonly text: string;
  /** Counts from 1. */
  readonly line: number;
}

/** One page of the documentation. */
export interface Page {
  /** Relative to the repository. */
  readonly file: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Without the blocks. */
  readonly prose: string;
}

/** The README and every page below docs/. */
export function pages(): readonly Page[] {
  return ["README.md", ...globSync("docs/**/*.md", { cwd: repository }).sort()].map(page);
}

export function page(file: string): Page {
  const text = readFileSync(path.join(repository, file), "utf8");
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { language: string; name: string; line: number; lines: string[] } | undefined;
  for (const [i, line] of text.split("\n").entries()) {
    if (open && line === "```") {
      blocks.push({ language: open.language, name: open.name, line: open.line, text: `${open.lines.join("\n")}\n` });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (line.startsWith("```")) {
      const [language = "", ...rest] = line.slice(3).trim().split(/\s+/);
      open = { language, name: rest.join(" "), line: i + 2, lines: [] };
    } else prose.push(line);
  }
  if (open) throw new Error(`${file}: the block at line ${open.line} has no end`);
  return { file, text, blocks, prose: prose.join("\n") };
}

/** The part of a page beneath a heading, up to the next one of the same or a higher level; undefined without the heading. */
export function section({ text }: Page, heading: string): string | undefined {
  const lines = text.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) return undefined;
  const level = /^#+/.exec(heading)![0].length;
  const end = lines.findIndex((line, i) => i > start && /^#+ /.test(line) && /^#+/.exec(line)![0].length <= level);
  return lines.slice(start, end < 0 ? undefined : end).join("\n");
}

/** The anchors that a page's headings have on GitHub. */
export function anchors({ prose }: Page): ReadonlySet<string> {
  const found = new Map<string, number>();
  const all = new Set<string>();
  for (const [, heading] of prose.matchAll(/^#+ (.+)$/gm)) {
    const plain = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = plain.replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
    const count = found.get(anchor) ?? 0;
    found.set(anchor, count + 1);
    all.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return all;
}
