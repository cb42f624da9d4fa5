import type { Style } from "../style.ts";
import type { Glyphs } from "./glyphs.ts";

/** The columns that a bar of so many cells takes. */
export function barWidth(cells: number, { open, close }: Glyphs): number {
  return open.length + cells + close.length;
}

/**
 * A bar of so many cells.
 * @param share what is done, from 0 to 1; a bar is full only when all is done
 * @param paint how the part that is done looks
 */
export function bar(
  cells: number,
  share: number,
  glyphs: Glyphs,
  style: Style,
  paint: (text: string) => string,
): string {
  const part = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const done = part === 1 ? cells : Math.min(cells - 1, Math.round(part * cells));
  const left = glyphs.left.repeat(cells - done);
  return style.dim(glyphs.open) + paint(glyphs.done.repeat(done)) + style.dim(left + glyphs.close);
}
