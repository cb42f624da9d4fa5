import { ColumnSurvey } from "../formats/column-survey.ts";
import { CsvParser, CsvWriter } from "../formats/csv.ts";
import { columnParams, type Row, readColumns } from "../formats/row-columns.ts";
import { textOf } from "../formats/text-bytes.ts";
import { stretches } from "./lines.ts";
import { type RowFormat, type RowSurvey, type RowWriter, textBatch } from "./row-format.ts";

/** The same CSV that an array of the rows becomes: what a column is, and so what is quoted, is known after the last row. */
export const csvRows: RowFormat = {
  shared: "expand",
  survey: () => new CsvSurvey(),
  read: async function* (pieces, params) {
    const parser = new CsvParser(readColumns(params));
    for await (const lines of stretches(pieces, endOfLastLine)) {
      const rows = parser.rows(textOf(lines));
      if (rows.length > 0) yield rows;
    }
    parser.end();
  },
};

class CsvSurvey implements RowSurvey {
  readonly #columns = new ColumnSurvey("csv");

  add(row: unknown): void {
    this.#columns.add(row);
  }

  end() {
    const layout = this.#columns.layout();
    return { writer: new CsvLines(new CsvWriter(layout, this.#columns)), params: columnParams(layout) };
  }
}

class CsvLines implements RowWriter {
  readonly #writer: CsvWriter;
  #text: string;

  constructor(writer: CsvWriter) {
    this.#writer = writer;
    this.#text = writer.header();
  }

  add(row: unknown): void {
    this.#text += this.#writer.line(row as Row);
  }

  take(): Uint8Array | undefined {
    if (this.#text.length < textBatch) return undefined;
    const bytes = Buffer.from(this.#text);
    this.#text = "";
    return bytes;
  }

  end(): Uint8Array {
    return Buffer.from(this.#text);
  }
}

const [quote, lineFeed] = [0x22, 0x0a];

/** Where the last line ends that is whole: a line feed with as many quotes before it as close each other. */
function endOfLastLine(bytes: Buffer): number {
  let end = 0;
  let inQuotes = false;
  for (let at = 0; at < bytes.length; ) {
    const next = bytes.indexOf(quote, at);
    const until = next < 0 ? bytes.length : next;
    if (!inQuotes) end = Math.max(end, lastLineFeed(bytes, at, until) + 1);
    inQuotes = !inQuotes;
    at = until + 1;
  }
  return end;
}

function lastLineFeed(bytes: Buffer, from: number, until: number): number {
  const found = until > from ? bytes.subarray(from, until).lastIndexOf(lineFeed) : -1;
  return found < 0 ? -1 : from + found;
}
