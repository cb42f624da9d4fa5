import { AsyncLocalStorage } from "node:async_hooks";

/** Takes what is printed. */
export type TakeOutput = (stream: "stdout" | "stderr", text: string) => void;

const current = new AsyncLocalStorage<TakeOutput>();

/** What modules print as they load was printed when they were loaded for the run. */
const drop: TakeOutput = () => {};

/** Loads modules: what they print is dropped. */
export function whileLoading<T>(load: () => T): T {
  return current.run(drop, load);
}

/** Calls a stage's function: what it and all that it starts print is taken. */
export function whileCalling<T>(take: TakeOutput, call: () => T): T {
  return current.run(take, call);
}

/** Whether what runs now was started by a stage's function. */
export function isCalling(): boolean {
  const take = current.getStore();
  return take !== undefined && take !== drop;
}

/** From now on, what is printed in this thread goes to whoever takes it, else where it always went. */
export function divertOutput(): void {
  for (const name of ["stdout", "stderr"] as const) {
    const stream = process[name];
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    const decoder = new TextDecoder();
    stream.write = ((chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
      const take = current.getStore();
      if (!take) return write(chunk, encoding, callback);
      take(name, typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") process.nextTick(done);
      return true;
    }) as NodeJS.WriteStream["write"];
  }
}
