import type { CodePart } from "../core/code-part.ts";
import { mostPartText } from "../core/code-part.ts";
import { type Digest, digestOf, isDigest } from "../core/digest.ts";
import { checkSum } from "./check-sum.ts";
import { packJson, unpackJson } from "./packed-json.ts";
import { hasFields, isArray, isCount, isOneOf, isText, parseJson } from "./shape.ts";

/** A part of code as it is stored: by its content, so that all versions that have it share it. */
export interface PartRow {
  /** Of the body. */
  readonly name: Digest;
  readonly body: string;
}

/** Without its line, which an edit elsewhere moves, and with its text. */
export function encodePart(part: CodePart, text: string | undefined = part.text): PartRow {
  const { line, span, text: _, ...kept } = part;
  const isLong = text !== undefined && text.length > mostPartText;
  const words = text === undefined ? {} : isLong ? { textLength: text.length } : { text };
  const body = JSON.stringify({ ...kept, ...words });
  return { name: digestOf(body), body };
}

/** What `encodePart` was given, with the line; undefined when it did not make this row. */
export function decodePart(name: unknown, body: unknown, line: number | undefined): CodePart | undefined {
  if (!isText(body) || digestOf(body) !== name) return undefined;
  const part = parseJson(body);
  if (!isPart(part)) return undefined;
  return line === undefined ? part : { ...part, line };
}

/** A part of a version of code: where it is stored, and its line; 0 for none. */
export type PartUse = readonly [part: number, line: number];

/** Versions of more parts than this are compressed; for fewer that takes longer than all else about them. */
const mostPlainParts = 200;

/** The parts of a version as they are stored: packed, or JSON after its CRC-32 in hexadecimal. */
export function encodeCode(parts: readonly PartUse[]): Uint8Array {
  const flat = parts.flat();
  if (parts.length > mostPlainParts) return packJson(flat);
  const text = JSON.stringify(flat);
  return Buffer.from(checkOf(text) + text);
}

function checkOf(text: string): string {
  return checkSum(text).toString(16).padStart(8, "0");
}

/** Packed bytes start with the magic number of zstd, which is no digit. */
function unpackCode(bytes: unknown): unknown {
  if (!(bytes instanceof Uint8Array)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  if (!/^[0-9a-f]{8}\[/.test(text)) return unpackJson(bytes);
  return text.slice(0, 8) === checkOf(text.slice(8)) ? parseJson(text.slice(8)) : undefined;
}

/** What `encodeCode` was given; undefined when it did not make these bytes. Older databases have the parts themselves there. */
export function decodeCode(bytes: unknown): readonly PartUse[] | { readonly parts: readonly CodePart[] } | undefined {
  const flat = unpackCode(bytes);
  if (!isArray(flat)) return undefined;
  if (flat.length > 0 && flat.every(isPart)) return { parts: flat };
  if (flat.length % 2 !== 0 || !flat.every(isCount)) return undefined;
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const);
}

const isPartKind = isOneOf<CodePart["kind"]>({
  declaration: true,
  module: true,
  package: true,
  file: true,
  captured: true,
  command: true,
});

function isPart(value: unknown): value is CodePart {
  return hasFields(
    value,
    { kind: isPartKind, name: isText, digest: isDigest },
    {
      file: isText,
      line: isCount,
      from: isText,
      own: (own) => own === true,
      uses: (uses) => isArray(uses) && uses.every(isText),
      value: isText,
      text: isText,
      textLength: isCount,
    },
  );
}
