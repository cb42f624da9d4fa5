import { fail } from "../../core/failure.ts";
import { type FileRef, fileRefOf } from "../../core/file-ref.ts";
import type { StageNode } from "../../core/node.ts";
import { type RowsRef, rowsRefOf } from "../../core/rows-ref.ts";
import { type Encoded, encodedIn } from "../../store/format.ts";
import { formatForPath, formatOf } from "../../store/formats.ts";

/** What of a stage says how its value is encoded. */
export type Encoding = Pick<StageNode, "format" | "formatOptions" | "output" | "outputs">;

/** What a stage gave, as it is stored. */
export class EncodedValue {
  /** The name of the format. */
  readonly format: string;
  readonly encoded: Encoded;
  /** What is placed at the stage's `output` path, where it has one: bytes, or a stored file, or stored rows. */
  readonly readable: Uint8Array | FileRef | RowsRef | undefined;

  constructor(format: string, encoded: Encoded, readable?: Uint8Array | FileRef | RowsRef) {
    this.format = format;
    this.encoded = encoded;
    this.readable = readable;
  }
}

/**
 * Encodes what a stage gave: where it was given, be that in a thread.
 * @throws SluiceError `unversionable`, `unsupported-value`, `unsupported-format`
 */
export async function encodeValue(stage: Encoding, value: unknown): Promise<EncodedValue> {
  const format = await formatOf(stage.outputs || (isHandle(value) && stage.format !== "file") ? "auto" : stage.format);
  const encoded = await encodedIn(format, value, stage.formatOptions);
  if (stage.output === undefined) return new EncodedValue(format.name, encoded);
  const readable =
    rowsRefOf(value) ??
    fileRefOf(value) ??
    (format.name === "auto" ? await readableBytes(stage.output, value) : encoded.bytes);
  return new EncodedValue(format.name, encoded, readable);
}

/** Whether a value was stored as its format says already, and only what stands for it is left to store. */
function isHandle(value: unknown): boolean {
  return rowsRefOf(value) !== undefined || fileRefOf(value) !== undefined;
}

async function readableBytes(target: string, value: unknown): Promise<Uint8Array> {
  if (typeof value === "string") return (await (await formatOf("text")).encode(value)).bytes;
  if (value instanceof Uint8Array) return value;
  const name = formatForPath(target);
  if (name === undefined) {
    fail("unsupported-format", `no format is known for ${target.slice(target.lastIndexOf("/") + 1)}`, {
      hint: "give the stage a `format`, or let it return a string or bytes",
    });
  }
  return (await encodedIn(await formatOf(name), value)).bytes;
}
