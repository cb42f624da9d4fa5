import { stripVTControlCharacters } from "node:util";
import { rowsTaken } from "../width.ts";

interface Size {
  readonly columns: number;
  readonly rows: number;
  /** Whether a window that gets narrower breaks lines that are too long for it, as all but a few terminals do. */
  readonly reflows: boolean;
}

/*
 * Control sequences (ECMA-48 and DEC's private modes). What a terminal does not know it ignores.
 */
const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
/** Between these nothing is shown, so that nobody sees half a frame. */
const beginUpdate = "\x1b[?2026h";
const endUpdate = "\x1b[?2026l";
/** A line that turns out wider than was thought is cut and does not wrap: else the count of rows would be wrong from there on. */
const noWrap = "\x1b[?7l";
const wrap = "\x1b[?7h";
const eraseLine = "\x1b[K";
const eraseBelow = "\x1b[J";

/**
 * Keeps a frame of lines at the bottom of what has been written to a terminal, and writes other lines above it. The cursor
 * rests at the beginning of the line below the frame: where it is, no terminal breaks lines anew when its window is resized.
 */
export class Painter {
  readonly #size: Size;
  /** The frame as it was written, and how wide the window was then. */
  #drawn: readonly string[] = [];
  #columns = 0;
  #hidden = false;

  /** @param size asked whenever something is drawn */
  constructor(size: Size) {
    this.#size = size;
  }

  /** What to write so that these lines stand above and the frame is this one; empty when nothing changes. */
  paint(above: readonly string[], frame: readonly string[]): string {
    const same = this.#columns === this.#size.columns && above.length === 0 && frame.length === this.#drawn.length;
    const text = same ? this.#changes(frame) : this.#anew(above, frame);
    this.#drawn = frame;
    this.#columns = this.#size.columns;
    if (text === "") return "";
    const hide = frame.length > 0 && !this.#hidden;
    if (hide) this.#hidden = true;
    // a few lines without a frame are lines like any others
    if (!this.#hidden) return text;
    return `${hide ? hideCursor : ""}${beginUpdate}${text}${endUpdate}`;
  }

  /** What to write so that the terminal is as it was found, below all that was written above the frame. */
  finish(above: readonly string[]): string {
    const text = this.paint(above, []);
    if (!this.#hidden) return text;
    this.#hidden = false;
    return text + showCursor;
  }

  #changes(frame: readonly string[]): string {
    const first = frame.findIndex((line, i) => line !== this.#drawn[i]);
    if (first < 0) return "";
    const last = frame.findLastIndex((line, i) => line !== this.#drawn[i]);
    const rows = frame.slice(first, last + 1);
    const text = rows.map((line, i) => (line === this.#drawn[first + i] ? "\n" : `${line}${eraseLine}\n`)).join("");
    const below = frame.length - 1 - last;
    return `${up(frame.length - first)}${noWrap}${text}${wrap}${below > 0 ? `\x1b[${below}B` : ""}`;
  }

  #anew(above: readonly string[], frame: readonly string[]): string {
    const rows = this.#rowsDrawn();
    if (rows === 0 && above.length === 0 && frame.length === 0) return "";
    const erase = rows === 0 ? "" : `${up(rows)}\r${eraseBelow}`;
    const lines = above.map((line) => `${line}\n`).join("");
    return erase + lines + (frame.length === 0 ? "" : `${noWrap}${frame.map((line) => `${line}\n`).join("")}${wrap}`);
  }

  /** How many rows the frame takes now. */
  #rowsDrawn(): number {
    const { columns, reflows } = this.#size;
    if (columns >= this.#columns || !reflows) return this.#drawn.length;
    return this.#drawn.reduce((rows, line) => rows + rowsTaken(stripVTControlCharacters(line), columns), 0);
  }
}

function up(rows: number): string {
  return rows === 0 ? "" : `\x1b[${rows}A`;
}
