import { redraws, reflows, showsUnicode } from "../report/live/abilities.ts";
import type { Output } from "../report/output.ts";
import { createStyle, wantsColor } from "../report/style.ts";
import { type StandardStream, standardStream } from "./standard-stream.ts";

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
  /**
   * Writes bytes as they are. Resolves when they have left; false when nobody reads any more.
   * @param to the stream, by the number that programs know it by
   */
  writeBytes(to: 1 | 2, bytes: Uint8Array): Promise<boolean>;
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
  const stdout = standardStream(1);
  const stderr = standardStream(2);
  let print: (text: string) => void = stderr.write;
  let taker: ConsoleTaker = () => false;
  stdout.divert((text) => taker("info", text) || print(text));
  stderr.divert((text) => taker("error", text) || print(text));
  return {
    out: outputOf(stdout, options.noColor),
    err: outputOf(stderr, options.noColor),
    cwd: process.cwd(),
    screen: stderr.tty && redraws(process.env, process.platform) ? screenOf(stderr.tty) : undefined,
    // asked only when it matters, because Node opens stdin at the first look
    get interactive() {
      return Boolean(process.stdin.isTTY && stderr.tty);
    },
    writeBytes: (to, bytes) => (to === 1 ? stdout : stderr).writeBytes(bytes),
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
      // a run whose progress nobody can see any more still did its work
      const [unwritten] = await Promise.all([stdout.drained(), stderr.drained()]);
      // a reader that has seen enough (`sluice ls | head`) is no error: what is still written goes nowhere
      return (unwritten as NodeJS.ErrnoException | undefined)?.code === "EPIPE" ? undefined : unwritten;
    },
  };
}

function outputOf({ tty, write }: StandardStream, noColor: boolean): Output {
  return {
    get columns() {
      return tty ? tty.columns || 80 : Infinity;
    },
    style: createStyle(wantsColor({ isTTY: tty !== undefined, env: process.env, noColor })),
    write,
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
