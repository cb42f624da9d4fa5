/** The longest line that is kept as one, in UTF-16 units. */
const longest = 16_384;

/** How much of one program's output goes into the log, in UTF-16 units; of more, only the end. */
const mostLogged = 8 << 20;

/** How much of a line that is drawn again and again is looked through for a percentage: wider is no terminal. */
const widest = 500;

/** How many of the last lines are remembered. */
export const mostLast = 15;

/** The last lines of what a program printed, and all of it for the log, in bounded memory. */
export class LineLog {
  readonly #log: (line: string) => void;
  readonly #progress: (percent: number) => void;
  #logged = 0;
  #left = 0;
  readonly #last: string[] = [];

  /** @param progress told of the percentages that the program draws over each other on one line */
  constructor(log: (line: string) => void, progress: (percent: number) => void = () => {}) {
    this.#log = log;
    this.#progress = progress;
  }

  get last(): readonly string[] {
    return this.#last;
  }

  /** Takes one of the streams of the program apart. Call what it gives with each chunk, and with nothing at the end. */
  stream(): (chunk?: Uint8Array) => void {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    let rest = "";
    return (chunk) => {
      const lines = (rest + decoder.decode(chunk, { stream: chunk !== undefined })).split("\n");
      rest = lastDrawn(lines.pop()!);
      for (const line of lines) this.#line(line);
      const percent = percentDrawn(rest);
      if (percent !== undefined) this.#progress(percent);
      if (rest.length > longest || (chunk === undefined && rest !== "")) {
        this.#line(rest);
        rest = "";
      }
    };
  }

  /** Says what is left out of the log, and how it ends. */
  close(): void {
    if (this.#left === 0) return;
    const shown = Math.min(this.#left, this.#last.length);
    this.#log(`… ${(this.#left - shown).toLocaleString("en-US")} lines are left out here: it printed too much to keep`);
    for (const line of this.#last.slice(-shown)) this.#log(line);
  }

  #line(text: string): void {
    const line = asSeen(text);
    this.#last.push(line);
    if (this.#last.length > mostLast) this.#last.shift();
    if (this.#logged > mostLogged) {
      this.#left += 1;
      return;
    }
    this.#logged += line.length + 1;
    this.#log(line);
  }
}

/** A line as a terminal would show it at the end: a progress bar writes over itself with carriage returns. */
function asSeen(text: string): string {
  const line = text.endsWith("\r") ? text.slice(0, -1) : text;
  const seen = line.slice(line.lastIndexOf("\r") + 1);
  return seen.length <= longest ? seen : `${seen.slice(0, longest)}…`;
}

/** Of a line that is drawn again and again, what can still be seen of it, with what tells that it was. */
function lastDrawn(line: string): string {
  const end = line.endsWith("\r") ? line.length - 2 : line.length - 1;
  const start = line.lastIndexOf("\r", end);
  return end >= 0 && start > 0 ? line.slice(start) : line;
}

/** The percentage on a line that is drawn again and again: programs go back to its start after drawing it, or before. */
function percentDrawn(line: string): number | undefined {
  if (!line.includes("\r")) return undefined;
  const drawn = asSeen(line).slice(0, widest);
  const percent = Number(/(\d+(?:\.\d+)?) ?%/.exec(drawn)?.[1]);
  return percent <= 100 ? percent : undefined;
}
