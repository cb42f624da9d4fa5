import { displayWidth } from "../width.ts";

/** A piece of a line, and how soon it is left out when the line is too long: the highest rank goes first. */
export interface Part {
  /** As it is measured: without colours. */
  readonly text: string;
  readonly rank: number;
  /** How it looks; as it is unless given. Must not change its width. */
  readonly paint?: (text: string) => string;
}

/** As many of the parts as fit into so many columns, in their order, with `between` between them. */
export function fitParts(parts: readonly Part[], columns: number, between: string): string {
  const kept = parts.filter(({ text }) => text !== "");
  const gap = displayWidth(between);
  const widths = new Map(kept.map((part) => [part, displayWidth(part.text)]));
  let width = kept.reduce((sum, part) => sum + widths.get(part)! + gap, -gap);
  while (width > columns && kept.length > 0) {
    const worst = kept.reduce((at, { rank }, i) => (rank >= kept[at]!.rank ? i : at), 0);
    width -= widths.get(kept[worst]!)! + gap;
    kept.splice(worst, 1);
  }
  return kept.map(({ text, paint }) => (paint ? paint(text) : text)).join(between);
}
