/** What a signal means to a run. */
export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Stops listening: from here on a signal ends the process as it does every other. */
  dispose(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

interface Handlers {
  /** Called at the first signal. */
  readonly onFirst: () => void;
  /** Called at the second, before the process ends with 130. Must not wait for anything. */
  readonly onSecond: () => void;
}

/** Listens for signals: the first asks the run to end, the second ends the process at once. */
export function listenForInterruption({ onFirst, onSecond }: Handlers): Interruption {
  const controller = new AbortController();
  const handle = (): void => {
    if (controller.signal.aborted) {
      onSecond();
      process.exit(130);
    }
    onFirst();
    controller.abort();
  };
  for (const signal of signals) process.on(signal, handle);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
