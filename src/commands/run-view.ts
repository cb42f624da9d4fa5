import type { Loudness } from "../report/output.ts";
import { liveReport } from "../report/tty.ts";
import { listenForKeys } from "./keys.ts";
import type { OpenReport } from "./run-report.ts";
import { listenForSuspension, suspend } from "./suspension.ts";
import type { Screen, Terminal } from "./terminal.ts";

interface ViewOptions {
  readonly loudness: Exclude<Loudness, "quiet">;
  /** What is said when the run is being stopped. */
  readonly stoppingText: string;
  /** Whether keys may be read. */
  readonly keys: boolean;
}

/** A live view on the terminal, with keys where they can be read. Leaves the terminal as it was, however the process ends. */
export function openView(
  terminal: Terminal,
  screen: Screen,
  { loudness, stoppingText, keys: wantsKeys }: ViewOptions,
): OpenReport {
  const { cwd, err } = terminal;
  const output = {
    get columns() {
      return err.columns;
    },
    get rows() {
      return screen.rows;
    },
    unicode: screen.unicode,
    reflows: screen.reflows,
    style: err.style,
    write: err.write,
  };
  const live = liveReport(output, { loudness, cwd, now: Date.now, everyTick });
  const keys =
    wantsKeys && terminal.interactive
      ? listenForKeys(process.stdin, {
          onReady: () => live.offerKeys("l: logs   q: stop"),
          onLogs: live.toggleLogs,
          onStop: () => process.kill(process.pid, "SIGINT"),
          onSuspend: suspend,
        })
      : undefined;
  const offResize = screen.onResize(live.resized);
  const offSuspension = listenForSuspension({
    onStop: () => {
      keys?.pause();
      live.suspend();
    },
    onContinue: () => {
      live.resume();
      keys?.resume();
    },
  });
  const release = terminal.takePrinting(live.print);
  const close = (): void => {
    release();
    offResize();
    offSuspension();
    keys?.close();
    live.close();
    process.off("exit", close);
  };
  // however the process ends, the terminal is as it was
  process.on("exit", close);
  const stopping = (): void => {
    live.print(stoppingText);
    live.stopping();
  };
  return { onEvent: live.onEvent, stopping, close };
}

function everyTick(tick: () => void): () => void {
  const timer = setInterval(tick, 100);
  timer.unref();
  return () => clearInterval(timer);
}
