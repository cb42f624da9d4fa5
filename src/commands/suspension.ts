interface Handlers {
  /** The process is about to be stopped. */
  readonly onStop: () => void;
  readonly onContinue: () => void;
}

/** Ctrl-Z and `fg`: gives the terminal back before the process is stopped, and takes it again after. Gives the way not to. */
export function listenForSuspension({ onStop, onContinue }: Handlers): () => void {
  if (process.platform === "win32") return () => {};
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    onStop();
    process.kill(process.pid, "SIGSTOP");
  };
  const goOn = (): void => {
    if (!stopped) return;
    stopped = false;
    onContinue();
  };
  process.on("SIGTSTP", stop);
  process.on("SIGCONT", goOn);
  return () => {
    process.off("SIGTSTP", stop);
    process.off("SIGCONT", goOn);
  };
}

/** Does what the terminal does at Ctrl-Z: stops all processes in the foreground. */
export function suspend(): void {
  if (process.platform !== "win32") process.kill(0, "SIGTSTP");
}
