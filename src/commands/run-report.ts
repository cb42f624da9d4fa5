import type { Loudness, Report } from "../report/output.ts";
import { plainReport } from "../report/plain.ts";
import { liveReport } from "../report/tty.ts";
import type { Terminal } from "./terminal.ts";

/** What a run is followed with. */
export interface OpenReport extends Report {
  /** Prints text that is no event, beside the report. */
  print(text: string): void;
}

/** A live view where there is a terminal, plain lines elsewhere; what stages write to their console goes through it. */
export function openReport(terminal: Terminal, loudness: Loudness): OpenReport {
  const { cwd, err, screen } = terminal;
  if (!screen) {
    const report = plainReport(err, { loudness, cwd });
    return { ...report, print: (text) => err.write(text) };
  }
  const live = liveReport(
    {
      get columns() {
        return err.columns;
      },
      get rows() {
        return screen.rows;
      },
      style: err.style,
      write: err.write,
    },
    { loudness, cwd, now: Date.now, everyTick },
  );
  const release = terminal.takePrinting(live.print);
  const close = (): void => {
    release();
    live.close();
    process.off("exit", close);
  };
  // however the process ends, the cursor comes back
  process.on("exit", close);
  return { ...live, close };
}

function everyTick(tick: () => void): () => void {
  const timer = setInterval(tick, 100);
  timer.unref();
  return () => clearInterval(timer);
}
