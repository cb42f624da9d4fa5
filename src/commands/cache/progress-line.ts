import { bar } from "../../report/live/bar.ts";
import { glyphsFor } from "../../report/live/glyphs.ts";
import { truncate } from "../../report/width.ts";
import type { Terminal } from "../terminal.ts";

/** A line that shows how far something is. */
export interface ProgressLine {
  /** @param share what is done, from 0 to 1 */
  show(share: number, text: string): void;
  /** Takes the line away. */
  close(): void;
}

/** Milliseconds between two pictures. */
const pause = 100;
const cells = 24;
const clearLine = "\r\x1b[K";

/** A bar on stderr, where that is a terminal that lines can be redrawn on; else nothing. */
export function openProgressLine({ err, screen }: Terminal): ProgressLine {
  if (!screen) return { show: () => {}, close: () => {} };
  const glyphs = glyphsFor(screen.unicode);
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    show: (share, text) => {
      const now = performance.now();
      if (now - drawnAt < pause) return;
      drawnAt = now;
      const room = err.columns - cells - 5;
      const line = room < 10 ? "" : `${bar(cells, share, glyphs, err.style, err.style.good)}  ${truncate(text, room)}`;
      err.write(clearLine + line);
    },
    close: () => {
      if (drawnAt > 0) err.write(clearLine);
      drawnAt = Number.NEGATIVE_INFINITY;
    },
  };
}
