import { stripVTControlCharacters } from "node:util";
import { formatBytes, formatDuration, formatNumber, isShareOf, wholeSeconds } from "../../text/quantity.ts";
import { sanitize } from "../../text/sanitize.ts";
import type { Style } from "../style.ts";
import { displayWidth, padEnd, padStart, truncate } from "../width.ts";
import { bar, barWidth } from "./bar.ts";
import type { Glyphs } from "./glyphs.ts";
import { fitParts, type Part } from "./parts.ts";
import type { Progress, Running } from "./running.ts";

/** What lines of a live view are drawn with. */
export interface Look {
  readonly style: Style;
  readonly glyphs: Glyphs;
  /** Columns that a line may take. */
  readonly columns: number;
  /** Columns of names. */
  readonly names: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** From here on a line has a margin, and what a stage last logged. */
const roomy = 60;
const timeWidth = 8;
/** Of something that takes longer than usual it is said when it takes half as long again, and a second at least. */
const overdue = { factor: 1.5, ms: 1_000 };

/** The line of one node that runs: its name, how long it has run, how far it is, how long it will take. */
export function runningLine(name: string, state: Running, look: Look): string {
  const { columns, now } = look;
  const elapsedMs = Math.max(0, now - state.since);
  const { margin, label, room } = begin(name, look, wholeSeconds(elapsedMs));
  const detail = fitParts(details(state, elapsedMs, look), room, "  ");
  const line = `${margin}${label}${detail === "" ? "" : `  ${detail}`}`;
  return columns < roomy ? line : line + lastLog(state, room, detail, look);
}

/** The line of one node that another run is making. */
export function waitingLine(name: string, since: number, look: Look): string {
  const { margin, label, room } = begin(name, look, wholeSeconds(Math.max(0, look.now - since)));
  const text = truncate("waits for another run", room);
  return `${margin}${label}${text === "" ? "" : `  ${look.style.dim(text)}`}`;
}

function begin(name: string, { columns, names, style }: Look, time: string) {
  const margin = columns < roomy ? "" : "  ";
  // of a very narrow window the name has all that the time does not need
  const width = Math.min(names, Math.max(1, columns - margin.length - timeWidth - 1));
  const label = `${style.name(padEnd(truncate(sanitize(name), width), width))} ${padStart(time, timeWidth)}`;
  return { margin, label, room: columns - margin.length - width - 1 - timeWidth - 2 };
}

function details(state: Running, elapsedMs: number, look: Look): readonly Part[] {
  const { expectedMs, progress, speed } = state;
  const { style } = look;
  const late = expectedMs !== undefined && elapsedMs > expectedMs * overdue.factor + overdue.ms;
  const usual: Part = { text: late ? `usual ${formatDuration(expectedMs)}` : "", rank: 1, paint: style.warn };
  if (progress) return [...progressParts(progress, speed.perSecond(look.now, progress.done), look), usual];
  if (late) return [usual];
  // with less than a second there is nothing to look forward to
  if (expectedMs === undefined || expectedMs < 1000) return [];
  return [
    barPart(Math.min(elapsedMs / expectedMs, 0.99), look, style.dim),
    { text: leftText(expectedMs - elapsedMs), rank: 2, paint: style.dim },
  ];
}

function progressParts({ done, total, unit }: Progress, perSecond: number | undefined, look: Look): readonly Part[] {
  const { style } = look;
  const amount = unit === "bytes" ? formatBytes : formatNumber;
  const noun = unit === "rows" ? " rows" : "";
  const speed = perSecond === undefined ? "" : `${amount(perSecond < 10 ? perSecond : Math.round(perSecond))}/s`;
  if (total === undefined || !(total > 0)) {
    return [
      { text: `${amount(done)}${noun}`, rank: 1 },
      { text: speed, rank: 3, paint: style.dim },
    ];
  }
  const share = Math.min(1, Math.max(0, done / total));
  const leftMs = perSecond === undefined ? 0 : ((total - done) / perSecond) * 1000;
  const counts: readonly Part[] = [
    { text: `${amount(done)} of ${amount(total)}${noun}`, rank: 4 },
    { text: speed, rank: 6, paint: style.dim },
  ];
  return [
    barPart(share, look, style.good),
    { text: `${Math.floor(share * 100)}%`.padStart(4), rank: 2 },
    ...(unit === undefined && isShareOf(total) ? [] : counts),
    { text: leftText(leftMs), rank: 3, paint: style.dim },
  ];
}

function barPart(share: number, { columns, glyphs, style }: Look, paint: (text: string) => string): Part {
  const cells = columns >= 100 ? 24 : 12;
  return { text: "-".repeat(barWidth(cells, glyphs)), rank: 5, paint: () => bar(cells, share, glyphs, style, paint) };
}

/** Empty where less than a second is left. */
function leftText(ms: number): string {
  return ms >= 1000 ? `${wholeSeconds(ms)} left` : "";
}

/** What the stage last logged, where much room is left. */
function lastLog({ log }: Running, room: number, detail: string, { style }: Look): string {
  const last = log.at(-1)?.trim();
  if (last === undefined || last === "") return "";
  const used = displayWidth(stripVTControlCharacters(detail));
  const left = room - used - (detail === "" ? 0 : 2);
  return left < 15 ? "" : `  ${style.dim(truncate(last, left))}`;
}
