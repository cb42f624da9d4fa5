import { fstatSync, type Stats, statSync, write, writeSync } from "node:fs";
import { devNull } from "node:os";

/** What a command writes to: a terminal, a file, a pipe. */
export interface StandardStream {
  /** The terminal behind it, if there is one. */
  readonly tty: NodeJS.WriteStream | undefined;
  write(text: string): void;
  /** Writes bytes as they are. Resolves when they have left; false when that failed, which is nothing new to who writes more. */
  writeBytes(bytes: Uint8Array): Promise<boolean>;
  /** Takes over what anybody else writes to it from now on (`console.log`, `process.stdout.write`). */
  divert(taker: (text: string) => void): void;
  /** Resolves when all that was written has left the process; gives the error if it could not be written. */
  drained(): Promise<Error | undefined>;
}

const names = { 1: "stdout", 2: "stderr" } as const;

/** The process's own stream of that number. */
export function standardStream(fd: 1 | 2): StandardStream {
  return mayBeTerminal(fd) ? nodeStream(process[names[fd]]) : plainStream(fd);
}

/** A file or a pipe is none, nor is what takes all and keeps nothing, which is told without Node's streams: to open one takes 3 ms. */
function mayBeTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return !(stat.isFile() || stat.isFIFO() || stat.isSocket() || isNull(stat));
  } catch {
    // closed, which Node knows how to live with
    return true;
  }
}

function isNull(stat: Stats): boolean {
  return stat.isCharacterDevice() && stat.rdev === statSync(devNull, { throwIfNoEntry: false })?.rdev;
}

function nodeStream(stream: NodeJS.WriteStream): StandardStream {
  const write = stream.write.bind(stream) as (text: string | Uint8Array, done?: (error?: unknown) => void) => boolean;
  let failed: Error | undefined;
  stream.on("error", (error) => {
    failed ??= error;
  });
  return {
    tty: stream.isTTY ? stream : undefined,
    write: (text) => void write(text),
    writeBytes: (bytes) => new Promise((resolve) => void write(bytes, (error) => resolve(!error))),
    divert: (taker) => {
      stream.write = standIn(taker);
    },
    drained: async () => {
      // the error of a write is told after it
      await new Promise((resolve) => setImmediate(resolve));
      if (!stream.destroyed && stream.writableLength > 0) {
        await new Promise<void>((resolve) => {
          stream.once("error", () => resolve());
          stream.once("close", () => resolve());
          write("", () => resolve());
        });
      }
      return failed;
    },
  };
}

/** Writes at once, as Node does to files and pipes too; Node's own stream is opened if somebody else asks for it. */
function plainStream(fd: 1 | 2): StandardStream {
  let failed: Error | undefined;
  return {
    tty: undefined,
    write: (text) => {
      // what comes after a gap would be misread
      if (failed) return;
      try {
        writeWhole(fd, Buffer.from(text));
      } catch (error) {
        failed = error as Error;
      }
    },
    writeBytes: async (bytes) => {
      if (failed) return false;
      try {
        await writeWholeLater(fd, bytes);
        return true;
      } catch (error) {
        failed = error as Error;
        return false;
      }
    },
    divert: (taker) => {
      const name = names[fd];
      const own = Object.getOwnPropertyDescriptor(process, name)!;
      Object.defineProperty(process, name, {
        ...own,
        get: () => {
          Object.defineProperty(process, name, own);
          const stream = process[name];
          stream.on("error", () => {});
          stream.write = standIn(taker);
          return stream;
        },
      });
    },
    drained: async () => failed,
  };
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Whoever opened a pipe may have set it not to wait; then we do. */
function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(pause, 0, 0, 2);
    }
  }
}

/** The same without holding up this thread: whoever reads may take long. */
async function writeWholeLater(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    write(fd, bytes, at, bytes.length - at, null, (error, count) => {
      if (!error) resolve(count);
      else if (error.code === "EAGAIN") setTimeout(resolve, 2, 0);
      else reject(error);
    });
    at += await promise;
  }
}

/** A stand-in for a stream's `write`, with all of its signatures. */
function standIn(take: (text: string) => void): NodeJS.WriteStream["write"] {
  const decoder = new TextDecoder();
  return ((chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    take(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") process.nextTick(done);
    return true;
  }) as NodeJS.WriteStream["write"];
}
