import type { RunEvent } from "../core/event.ts";
import { EventLines } from "./lines.ts";
import type { Loudness, Output, Report } from "./output.ts";
import { formatDuration, formatNumber } from "./quantity.ts";
import { sanitize, sanitizeLines } from "./sanitize.ts";
import { displayWidth, padEnd, truncate } from "./width.ts";

/** A terminal that lines can be taken back from. */
export interface LiveOutput extends Output {
  /** Lines of the terminal. */
  readonly rows: number;
}

interface LiveOptions {
  readonly loudness: Loudness;
  readonly cwd: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls back about ten times a second until told to stop; gives the way to stop. */
  readonly everyTick: (tick: () => void) => () => void;
}

/** A live report, and a way for others to write lines to the same terminal. */
export interface LiveReport extends Report {
  /** Prints text of others (what a stage's function wrote to its console) above the live part. */
  print(text: string): void;
}

interface Running {
  readonly since: number;
  readonly expectedMs: number | undefined;
  waiting: boolean;
  progress: { readonly done: number; readonly total: number | undefined } | undefined;
}

const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";

/**
 * Follows a run at a terminal: what runs now is at the bottom, redrawn in place; what has ended scrolls above it. Lines of the
 * live part never wrap, so that going up as many lines as were drawn always leads to its top; after the window has been made
 * narrower it is counted how many rows they take now.
 */
export function liveReport(output: LiveOutput, options: LiveOptions): LiveReport {
  const lines = new EventLines({ ...options, style: output.style });
  const running = new Map<string, Running>();
  let drawn: readonly number[] = [];
  let finished = 0;
  let total = 0;
  let partial = "";
  let closed = false;

  const erase = (): string => {
    const rows = drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / Math.max(1, output.columns))), 0);
    drawn = [];
    return rows === 0 ? "" : `\x1b[${rows}A\r\x1b[J`;
  };
  const draw = (above: readonly string[]): void => {
    const live = closed ? [] : liveLines();
    const text = erase() + [...above, ...live].map((line) => `${line}\n`).join("");
    drawn = live.map(plainWidth);
    if (text !== "") output.write(text);
  };
  const liveLines = (): string[] => {
    if (running.size === 0 || options.loudness === "quiet") return [];
    const width = Math.max(10, output.columns - 1);
    const room = Math.max(1, output.rows - 3);
    const entries = [...running];
    const shown = entries.slice(0, entries.length > room ? room - 1 : room);
    const names = Math.min(30, Math.max(...shown.map(([name]) => displayWidth(sanitize(name)))));
    const list = shown.map(([name, state]) => truncate(liveLine(name, names, state, options.now()), width));
    if (entries.length > shown.length) list.push(`  and ${formatNumber(entries.length - shown.length)} more`);
    list.push(truncate(`  ${formatNumber(finished)} of ${formatNumber(total)} nodes`, width));
    return list.map(output.style.dim);
  };
  const stopTicks = options.everyTick(() => {
    if (running.size > 0) draw([]);
  });
  output.write(hideCursor);

  return {
    onEvent: (event) => {
      if (event.type === "run-started") total = event.nodes;
      if (event.type === "node-finished") finished++;
      follow(running, event);
      const text = lines.of(event);
      if (text.length > 0 || event.type === "run-finished") draw(text);
    },
    print: (text) => {
      // a line is printed when it is whole: half of one would be erased with the live part
      const all = (partial + text).split("\n");
      partial = all.pop() ?? "";
      if (all.length > 0) draw(all.flatMap(sanitizeLines));
    },
    close: () => {
      if (closed) return;
      closed = true;
      stopTicks();
      draw(partial === "" ? [] : sanitizeLines(partial));
      output.write(showCursor);
    },
  };
}

function follow(running: Map<string, Running>, event: RunEvent): void {
  switch (event.type) {
    case "node-started": {
      const since = running.get(event.node)?.since ?? event.time;
      running.set(event.node, { since, expectedMs: event.expectedMs, waiting: false, progress: undefined });
      break;
    }
    case "node-waiting":
      running.set(event.node, { since: event.time, expectedMs: undefined, waiting: true, progress: undefined });
      break;
    case "node-progress": {
      const state = running.get(event.node);
      if (state) state.progress = { done: event.done, total: event.total };
      break;
    }
    case "node-finished":
      running.delete(event.node);
      break;
    case "run-finished":
      running.clear();
      break;
  }
}

function liveLine(name: string, width: number, state: Running, now: number): string {
  const elapsed = formatDuration(Math.floor(Math.max(0, now - state.since) / 100) * 100);
  const label = padEnd(truncate(sanitize(name), width), width);
  if (state.waiting) return `  ${label}  ${elapsed.padStart(8)}  waiting for another run`;
  return `  ${label}  ${elapsed.padStart(8)}  ${progressText(state)}`.trimEnd();
}

function progressText({ progress, expectedMs }: Running): string {
  if (!progress) return expectedMs !== undefined && expectedMs >= 1000 ? `of about ${formatDuration(expectedMs)}` : "";
  const { done, total } = progress;
  if (total === undefined || !(total > 0)) return formatNumber(done);
  const part = Math.min(1, Math.max(0, done / total));
  const bar = "#".repeat(Math.round(part * 20)).padEnd(20, "-");
  return `[${bar}] ${Math.floor(part * 100)}%  ${formatNumber(done)} of ${formatNumber(total)}`;
}

/** The columns that a line takes, its colours not counted. */
function plainWidth(line: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
  return displayWidth(line.replace(/\x1b\[[0-9;]*m/g, ""));
}
