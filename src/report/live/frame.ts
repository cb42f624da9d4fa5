import { sanitize } from "../../text/sanitize.ts";
import type { Style } from "../style.ts";
import { displayWidth, truncate } from "../width.ts";
import type { Glyphs } from "./glyphs.ts";
import { type Overall, overallLine } from "./overall-line.ts";
import type { Running, RunningNodes } from "./running.ts";
import { type Look, runningLine, waitingLine } from "./running-line.ts";

/** What a frame shows at a moment. */
export interface Scene {
  readonly nodes: RunningNodes;
  readonly overall: Overall;
  /** Whether the last lines of logs are shown below what runs. */
  readonly logs: boolean;
  /** Whether this node is worth a line already. */
  readonly isListed: (state: Running) => boolean;
  /** What keys do; empty where there are none. */
  readonly hint: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** How many nodes are listed at most, however tall the window. */
const mostListed = 16;
/** Columns of names, at most, and the share of a line that they may take. */
const widestName = 32;
const nameShare = 0.4;
/** From so many rows on there is a line for the keys. */
const roomForHint = 10;
/** For how many milliseconds a frame stays as tall as it was: lines that come and go should not make it jump. */
const holdHeight = 2_000;

/** Lays out the lines of a live view: what runs, then a line for all, then what keys do. */
export class FrameLayout {
  readonly #style: Style;
  readonly #glyphs: Glyphs;
  /** Names take what the widest took that was ever listed, so that columns stand still. */
  #names = 8;
  #tall = 0;
  #tallAt = 0;

  constructor(style: Style, glyphs: Glyphs) {
    this.#style = style;
    this.#glyphs = glyphs;
  }

  /** The lines; none is wider than the window, and together they leave a row of it free. Empty where there is no room. */
  lines(scene: Scene, size: Size): string[] {
    const columns = Math.max(1, size.columns - 1);
    const room = size.rows - 1;
    if (room < 1) return [];
    const hint = scene.hint !== "" && size.rows >= roomForHint ? [this.#style.dim(truncate(scene.hint, columns))] : [];
    const listed = listedNodes(
      scene,
      Math.min(room - 1 - hint.length, mostListed, Math.max(1, Math.floor(size.rows / 3))),
    );
    for (const [name] of listed) this.#names = Math.max(this.#names, displayWidth(sanitize(name)));
    const names = Math.max(1, Math.min(this.#names, widestName, Math.floor(columns * nameShare)));
    const look: Look = { style: this.#style, glyphs: this.#glyphs, columns, names, now: scene.now };
    const perLog = scene.logs ? Math.floor((size.rows / 2 - listed.length) / Math.max(1, listed.length)) : 0;
    const list = listed.flatMap(([name, state]) =>
      typeof state === "number"
        ? [waitingLine(name, state, look)]
        : [runningLine(name, perLog > 0 ? { ...state, log: [] } : state, look), ...this.#log(state, perLog, columns)],
    );
    const height = this.#hold(list.length, Math.min(room - 1 - hint.length, Math.floor(size.rows / 2)), scene.now);
    const blank = Array<string>(Math.max(0, height - list.length)).fill("");
    return [...blank, ...list, overallLine(scene.overall, look), ...hint];
  }

  #log({ log }: Running, lines: number, columns: number): string[] {
    if (lines < 1) return [];
    const mark = `    ${this.#glyphs.log} `;
    return log.slice(-lines).map((line) => this.#style.dim(truncate(mark + line, columns)));
  }

  /** A frame that gets lower does so after a while. */
  #hold(needed: number, most: number, now: number): number {
    if (needed >= this.#tall || now - this.#tallAt >= holdHeight) {
      this.#tall = needed;
      this.#tallAt = now;
    }
    return Math.min(this.#tall, Math.max(most, needed));
  }
}

/** What runs, the longest first, then what waits; as many as there is room for. */
function listedNodes({ nodes, isListed }: Scene, most: number): readonly (readonly [string, Running | number])[] {
  const listed: (readonly [string, Running | number])[] = [];
  for (const entry of nodes.running) {
    if (listed.length >= most) return listed;
    if (isListed(entry[1])) listed.push(entry);
  }
  for (const entry of nodes.waiting) {
    if (listed.length >= most) return listed;
    listed.push(entry);
  }
  return listed;
}
