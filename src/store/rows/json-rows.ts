import { isUtf8 } from "node:buffer";
import { parsed } from "../formats/json.ts";
import { checkJson } from "../formats/json-shape.ts";
import { indexStep } from "../formats/refusal.ts";
import { corrupt } from "../formats/text-bytes.ts";
import { wholeLines } from "./lines.ts";
import { type RowBatches, type RowFormat, type RowWriter, textBatch } from "./row-format.ts";

/** A line of JSON for each row (https://github.com/ndjson/ndjson-spec). */
export const ndjsonRows: RowFormat = {
  shared: "expand",
  writer: () => new JsonWriter("ndjson", { first: "", between: "\n", last: "\n", none: "" }),
  read: async function* (pieces) {
    for await (const lines of wholeLines(pieces)) yield linesOf(lines).map(parsed);
  },
};

/** One JSON array, with a line for each row. */
export const jsonRows: RowFormat = {
  shared: "expand",
  writer: () => new JsonWriter("json", { first: "[\n", between: ",\n", last: "\n]\n", none: "[]\n" }),
  read: readArray,
};

interface Frame {
  readonly first: string;
  readonly between: string;
  readonly last: string;
  /** The whole, where there are no rows. */
  readonly none: string;
}

class JsonWriter implements RowWriter {
  readonly #format: string;
  readonly #frame: Frame;
  #count = 0;
  #text = "";

  constructor(format: string, frame: Frame) {
    this.#format = format;
    this.#frame = frame;
  }

  add(row: unknown): void {
    checkJson(this.#format, row, [indexStep(this.#count)]);
    this.#text += (this.#count === 0 ? this.#frame.first : this.#frame.between) + JSON.stringify(row);
    this.#count++;
  }

  take(): Uint8Array | undefined {
    if (this.#text.length < textBatch) return undefined;
    const bytes = Buffer.from(this.#text);
    this.#text = "";
    return bytes;
  }

  end(): Uint8Array {
    return Buffer.from(this.#count === 0 ? this.#frame.none : this.#text + this.#frame.last);
  }
}

async function* readArray(pieces: AsyncIterable<Uint8Array>): RowBatches {
  let state: "start" | "rows" | "end" = "start";
  /** Whether the row before had a comma after it. */
  let expects = true;
  for await (const bytes of wholeLines(pieces)) {
    const rows: unknown[] = [];
    for (const line of linesOf(bytes)) {
      if (state === "end") corrupt("there is more after its end");
      if (state === "start") {
        if (line !== "[" && line !== "[]") corrupt("it does not begin as an array");
        state = line === "[" ? "rows" : "end";
      } else if (line === "]") {
        if (expects) corrupt("a row is missing");
        state = "end";
      } else {
        if (!expects) corrupt("a comma is missing");
        expects = line.endsWith(",");
        rows.push(parsed(expects ? line.slice(0, -1) : line));
      }
    }
    if (rows.length > 0) yield rows;
  }
  if (state !== "end") corrupt("it ends too early");
}

/** Texts of lines, each of which ends with a line feed. */
function linesOf(bytes: Buffer): string[] {
  if (!isUtf8(bytes)) corrupt("it is not UTF-8");
  const lines = bytes.toString("utf8").split("\n");
  lines.pop();
  return lines;
}
