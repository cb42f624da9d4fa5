import { redraws, reflows, showsUnicode } from "../report/live/abilities.ts";
import type { Output } from "../report/output.ts";
import { createStyle, wantsColor } from "../report/style.ts";

/** The two streams that a command writes to, and where it was called. */
export interface Terminal {
  /** Results. */
  readonly out: Output;
  /** Progress, warnings, errors. */
  readonly err: Output;
  readonly cwd: string;
  /** The terminal behind `err`, when it is one that lines can be redrawn on, and a person may be looking. */
  readonly screen: Screen | undefined;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** Writes to `err`, above a live view if one is open. */
  print(text: string): void;
  /** Takes over what is printed, for a live view, until the function that it gives is called. */
  takePrinting(print: (text: string) => void): () => void;
  /** Offers what the pipeline's own code writes to its console to whoever knows which stage wrote it. */
  offerConsole(taker: ConsoleTaker): void;
  /** Resolves when all that was written has left the process; gives the error if results could not be written. */
  flush(): Promise<Error | undefined>;
}

/** A terminal that lines can be redrawn on. */
export interface Screen {
  readonly rows: number;
  /** Whether it shows more than ASCII. */
  readonly unicode: boolean;
  /** Whether a window that gets narrower breaks lines that are too long for it. */
  readonly reflows: boolean;
  /** Told when the window has another size; gives the way not to be told any more. */
  onResize(listener: () => void): () => void;
}

/** Takes a text for the log of the stage that wrote it; false if no stage did. */
export type ConsoleTaker = (level: "info" | "error", text: string) => boolean;

/**
 * The process's own terminal. From here on stdout is only ours: what a pipeline writes to it (`console.log` in a stage) goes
 * to stderr, or to the log of the stage that wrote it, so that results stay clean for other programs.
 */
export function processTerminal(options: { readonly noColor: boolean }): Terminal {
  const { stdout, stderr } = process;
  const writeOut = stdout.write.bind(stdout) as Write;
  const writeErr = stderr.write.bind(stderr) as Write;
  let outError: Error | undefined;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    // a reader that has seen enough (`sluice ls | head`) is no error: what is still written goes nowhere
    if (error.code !== "EPIPE") outError ??= error;
  });
  // a run whose progress nobody can see any more still does its work
  stderr.on("error", () => {});
  let print = (text: string): void => void writeErr(text);
  let taker: ConsoleTaker = () => false;
  stdout.write = divert((text) => taker("info", text) || print(text));
  stderr.write = divert((text) => taker("error", text) || print(text));
  return {
    out: outputOf(stdout, writeOut, options.noColor),
    err: outputOf(stderr, writeErr, options.noColor),
    cwd: process.cwd(),
    screen: stderr.isTTY && redraws(process.env, process.platform) ? screenOf(stderr) : undefined,
    // asked only when it matters, because Node opens stdin at the first look
    get interactive() {
      return Boolean(process.stdin.isTTY && stderr.isTTY);
    },
    print: (text) => print(text),
    takePrinting: (printer) => {
      const before = print;
      print = printer;
      return () => {
        print = before;
      };
    },
    offerConsole: (offered) => {
      taker = offered;
    },
    flush: async () => {
      // the error of a write is told after it
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([drained(stdout, writeOut), drained(stderr, writeErr)]);
      return outError;
    },
  };
}

type Write = (text: string, done?: () => void) => boolean;

function outputOf(stream: NodeJS.WriteStream, write: Write, noColor: boolean): Output {
  const isTTY = Boolean(stream.isTTY);
  return {
    get columns() {
      return isTTY ? stream.columns || 80 : Infinity;
    },
    style: createStyle(wantsColor({ isTTY, env: process.env, noColor })),
    write: (text) => void write(text),
  };
}

function screenOf(stream: NodeJS.WriteStream): Screen {
  return {
    get rows() {
      return stream.rows || 24;
    },
    unicode: showsUnicode(process.env, process.platform),
    reflows: reflows(process.env),
    onResize: (listener) => {
      stream.on("resize", listener);
      return () => stream.off("resize", listener);
    },
  };
}

/** A stand-in for a stream's `write`, with all of its signatures. */
function divert(write: (text: string) => unknown): NodeJS.WriteStream["write"] {
  const decoder = new TextDecoder();
  return ((chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    write(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") process.nextTick(done);
    return true;
  }) as NodeJS.WriteStream["write"];
}

function drained(stream: NodeJS.WriteStream, write: Write): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("error", () => resolve());
    stream.once("close", () => resolve());
    write("", resolve);
  });
}
