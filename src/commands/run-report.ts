import type { Loudness, Report } from "../report/output.ts";
import { plainReport } from "../report/plain.ts";
import type { Terminal } from "./terminal.ts";

/** What a run is followed with. */
export interface OpenReport extends Report {
  /** Says that what runs is being cancelled. */
  stopping(): void;
}

/** Plain lines: for pipes, files and CI, and for runs that are over at once. */
export function openReport({ cwd, err }: Terminal, loudness: Loudness): OpenReport {
  const annotate = process.env.GITHUB_ACTIONS === "true";
  const report = plainReport(err, { loudness, cwd, annotate, everyWhile });
  return { ...report, stopping: () => err.write(stoppingText) };
}

/** A live view where there is a terminal, plain lines elsewhere; what stages write to their console goes through it. */
export async function openLiveReport(
  terminal: Terminal,
  loudness: Loudness,
  options: { readonly "no-keys"?: boolean },
): Promise<OpenReport> {
  const { screen } = terminal;
  if (!screen || loudness === "quiet") return openReport(terminal, loudness);
  const { openView } = await import("./run-view.ts");
  return openView(terminal, screen, { loudness, stoppingText, keys: !options["no-keys"] });
}

const stoppingText = "stopping: what runs is being cancelled (once more to stop at once)\n";

function everyWhile(call: (now: number) => void): () => void {
  const timer = setInterval(() => call(Date.now()), 30_000);
  timer.unref();
  return () => clearInterval(timer);
}
