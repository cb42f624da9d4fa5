import { corrupt } from "./text-bytes.ts";

/** What RFC 4180 wants quoted, and spaces at the ends, which some readers take away. */
const needsQuotes = /^$|[",\r\n]|^\s|\s$/;

/** A cell's text, in quotes where it must be or is asked for. */
export function quoted(text: string, always: boolean): string {
  return always || needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvLine(cells: readonly string[]): string {
  return `${cells.join(",")}\r\n`;
}

export interface CsvLine {
  readonly cells: readonly string[];
  /** Whether each cell stood in quotes. */
  readonly isQuoted: readonly boolean[];
}

const special = /[",\r\n]/g;

/** Reads CSV as RFC 4180 has it and nothing looser: text that we wrote reads in one way only. */
export class CsvReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next line; undefined at the end. @throws SluiceError `corrupt-value` */
  line(): CsvLine | undefined {
    if (this.#at === this.#text.length) return undefined;
    const cells: string[] = [];
    const isQuoted: boolean[] = [];
    for (;;) {
      const inQuotes = this.#text[this.#at] === '"';
      cells.push(inQuotes ? this.#quotedCell() : this.#bareCell());
      isQuoted.push(inQuotes);
      const next = this.#text[this.#at];
      if (next === ",") this.#at++;
      else if (next === "\r" && this.#text[this.#at + 1] === "\n") {
        this.#at += 2;
        return { cells, isQuoted };
      } else corrupt(`a cell at character ${this.#at} does not end as a cell must`);
    }
  }

  #bareCell(): string {
    special.lastIndex = this.#at;
    const end = special.exec(this.#text)?.index ?? this.#text.length;
    const cell = this.#text.slice(this.#at, end);
    this.#at = end;
    return cell;
  }

  #quotedCell(): string {
    let cell = "";
    for (let from = this.#at + 1; ; ) {
      const end = this.#text.indexOf('"', from);
      if (end < 0) corrupt(`the quotes at character ${this.#at} are not closed`);
      cell += this.#text.slice(from, end);
      if (this.#text[end + 1] !== '"') {
        this.#at = end + 1;
        return cell;
      }
      cell += '"';
      from = end + 2;
    }
  }
}
