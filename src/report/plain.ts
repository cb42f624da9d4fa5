import type { RunEvent } from "../core/event.ts";
import { formatBytes, formatDuration, formatNumber, isShareOf } from "../text/quantity.ts";
import { annotation, disarmed } from "./annotation.ts";
import { EventLines } from "./lines.ts";
import type { Loudness, Output, Report } from "./output.ts";
import { nameList } from "./tally.ts";

interface PlainOptions {
  readonly loudness: Loudness;
  readonly cwd: string;
  /** Calls back now and then (about twice a minute) until told to stop, so that a long silence can be broken; gives the way to stop. */
  readonly everyWhile?: (call: (now: number) => void) => () => void;
  /** Whether the lines are read by GitHub Actions, which marks failures and warnings in the code where it is told to. */
  readonly annotate?: boolean;
}

interface Beat {
  readonly since: number;
  progress: (RunEvent & { type: "node-progress" }) | undefined;
}

/** Of what has run for less than this, in milliseconds, nothing is said. */
const longMs = 30_000;

/** Follows a run with plain lines, for pipes, files and CI: one for each thing that happens, and for what takes long a sign of life. */
export function plainReport(output: Output, options: PlainOptions): Report {
  const { annotate = false, cwd, loudness } = options;
  const lines = new EventLines({ loudness, cwd, style: output.style });
  const running = new Map<string, Beat>();
  const write = (text: readonly string[]): void => {
    if (text.length > 0) output.write(`${(annotate ? text.map(disarmed) : text).join("\n")}\n`);
  };
  const stop = loudness === "quiet" ? undefined : options.everyWhile?.((now) => write(signsOfLife(running, now)));
  return {
    onEvent: (event) => {
      follow(running, event);
      write(lines.of(event));
      const note = annotate ? annotation(event, cwd) : undefined;
      if (note !== undefined) output.write(`${note}\n`);
    },
    close: () => {
      stop?.();
      write(lines.rest());
    },
  };
}

function follow(running: Map<string, Beat>, event: RunEvent): void {
  switch (event.type) {
    case "node-started":
      running.set(event.node, { since: running.get(event.node)?.since ?? event.time, progress: undefined });
      break;
    case "node-progress": {
      const beat = running.get(event.node);
      if (beat) beat.progress = event;
      break;
    }
    case "node-finished":
      running.delete(event.node);
      break;
  }
}

/** One line for each of the three that have run longest, and one for the others. */
function signsOfLife(running: ReadonlyMap<string, Beat>, now: number): string[] {
  const long = [...running].filter(([, { since }]) => now - since >= longMs);
  const lines = long.slice(0, 3).map(([name, beat]) => {
    const progress = beat.progress ? `  ${progressText(beat.progress)}` : "";
    return `running  ${nameList([name], 1)}  ${formatDuration(now - beat.since)}${progress}`;
  });
  if (long.length > 3) lines.push(`running  ${formatNumber(long.length - 3)} more`);
  return lines;
}

function progressText({ done, total, unit }: RunEvent & { type: "node-progress" }): string {
  const amount = unit === "bytes" ? formatBytes : formatNumber;
  if (total === undefined || !(total > 0)) return amount(done);
  const percent = `${Math.floor(Math.min(1, Math.max(0, done / total)) * 100)}%`;
  return unit === undefined && isShareOf(total) ? percent : `${percent}  ${amount(done)} of ${amount(total)}`;
}
