import type { ReadStream } from "node:tty";
import { isInForeground } from "./foreground.ts";

interface KeyHandlers {
  /** Keys can be read from now on. */
  readonly onReady: () => void;
  readonly onLogs: () => void;
  readonly onStop: () => void;
  /** Ctrl-Z. */
  readonly onSuspend: () => void;
}

/** Keys that are read from a terminal. */
export interface Keys {
  /** Gives the terminal back, as it was, until `resume`. */
  pause(): void;
  resume(): void;
  close(): void;
}

/**
 * Reads single keys from a terminal. While it does, the terminal is in raw mode: Ctrl-C and its like arrive as keys, and are
 * turned into the signals that they are for everyone else. It does not keep the process alive; it stops for good when someone
 * else reads stdin too, because keys are theirs then.
 */
export function listenForKeys(stdin: ReadStream, handlers: KeyHandlers): Keys {
  let state: "waiting" | "reading" | "paused" | "closed" = "waiting";
  const onData = (keys: Buffer): void => {
    if (stdin.listenerCount("data") + stdin.listenerCount("readable") > 1) return close();
    for (const key of keys.toString("latin1")) press(key, handlers);
  };
  const begin = async (): Promise<void> => {
    // A process in the background that changed the terminal's mode would be stopped for it.
    if (!(await isInForeground()) || state !== "waiting") return;
    if (stdin.listenerCount("data") + stdin.listenerCount("readable") > 0) return close();
    try {
      stdin.setRawMode(true);
    } catch {
      // a terminal that is gone or refuses has no keys to offer, and the run does not need them
      return close();
    }
    state = "reading";
    stdin.on("data", onData);
    stdin.resume();
    stdin.unref();
    handlers.onReady();
  };
  const pause = (next: "paused" | "closed"): void => {
    if (state === "reading") {
      stdin.off("data", onData);
      if (stdin.listenerCount("data") === 0) stdin.pause();
      try {
        stdin.setRawMode(false);
      } catch {
        // gone, and its mode with it
      }
    }
    if (state !== "closed") state = next;
  };
  const close = (): void => pause("closed");
  void begin();
  return {
    pause: () => pause("paused"),
    resume: () => {
      if (state !== "paused") return;
      state = "waiting";
      void begin();
    },
    close,
  };
}

function press(key: string, { onLogs, onStop, onSuspend }: KeyHandlers): void {
  switch (key) {
    case "l":
      return onLogs();
    case "q":
      return onStop();
    case "\x03":
      return signalGroup("SIGINT");
    case "\x1c":
      return signalGroup("SIGQUIT");
    case "\x1a":
      return onSuspend();
  }
}

/** What the terminal would do: all processes in the foreground get the signal. */
function signalGroup(signal: "SIGINT" | "SIGQUIT"): void {
  // on Windows a signal that is sent ends a process without a word
  if (process.platform === "win32") process.emit(signal);
  else process.kill(0, signal);
}
