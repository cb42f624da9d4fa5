import { formatNumber, wholeSeconds } from "../../text/quantity.ts";
import type { Tally } from "../tally.ts";
import { truncate } from "../width.ts";
import { bar, barWidth } from "./bar.ts";
import { fitParts, type Part } from "./parts.ts";
import type { Look } from "./running-line.ts";

/** Where a run as a whole is. */
export interface Overall {
  /** Stages that have ended, of how many. */
  readonly done: number;
  readonly total: number;
  readonly tally: Tally;
  readonly reused: number;
  readonly running: number;
  readonly waiting: number;
  readonly warnings: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds that the run is expected to take yet. */
  readonly leftMs: number | undefined;
  readonly stopping: boolean;
}

/** The one line for all of a run: how much is done, what became of it, how long it takes yet. */
export function overallLine(run: Overall, look: Look): string {
  const { columns, glyphs, style, now } = look;
  const { done, tally, total } = run;
  const failed = tally.count("failed");
  const cells = total === 0 ? 0 : columns >= 100 ? 24 : columns >= 50 ? 12 : 0;
  const paint = failed > 0 ? style.bad : style.good;
  const drawn = cells === 0 ? "" : bar(cells, done / total, glyphs, style, paint);
  const room = columns - (cells === 0 ? 0 : barWidth(cells, glyphs) + 2);
  const count = (number: number, word: string, rank: number, paint?: (text: string) => string): Part => ({
    text: number > 0 ? `${formatNumber(number)} ${word}` : "",
    rank,
    ...(paint ? { paint } : {}),
  });
  const parts: readonly Part[] = [
    { text: run.stopping ? "stopping" : "", rank: 1, paint: style.warn },
    { text: total === 0 ? "" : `${formatNumber(done)} of ${formatNumber(total)}`, rank: 0, paint: style.bold },
    count(failed, "failed", 2, style.bad),
    count(run.running, "running", 4),
    count(run.waiting, run.waiting === 1 ? "waits" : "wait", 5, style.warn),
    count(run.reused, "reused", 7, style.dim),
    count(run.warnings, run.warnings === 1 ? "warning" : "warnings", 6, style.warn),
    { text: wholeSeconds(now - run.since), rank: 8, paint: style.dim },
    { text: leftText(run.leftMs), rank: 3 },
  ];
  const text = fitParts(parts, room, glyphs.between) || truncate(total === 0 ? "" : `${done}/${total}`, room);
  return cells === 0 ? text : `${drawn}  ${text}`;
}

/** Rounded the more the longer: nobody knows to the second what takes minutes. */
function leftText(ms: number | undefined): string {
  if (ms === undefined || ms < 1_000) return "";
  const seconds = Math.round(ms / 1000);
  const step = seconds < 20 ? 1 : seconds < 60 ? 5 : seconds < 600 ? 15 : 60;
  return `about ${wholeSeconds(Math.round(seconds / step) * step * 1000)} left`;
}
