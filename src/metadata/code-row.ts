import type { CodePart } from "../core/code-part.ts";
import { mostPartText } from "../core/code-part.ts";
import { type Digest, digestOf, isDigest } from "../core/digest.ts";
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
  const body = JSON.stringify(storedPart(part, text));
  return { name: digestOf(body), body };
}

function storedPart({ line: _, span: __, text: ___, ...kept }: CodePart, text: string | undefined): CodePart {
  if (text === undefined) return kept;
  return text.length > mostPartText ? { ...kept, textLength: text.length } : { ...kept, text };
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

/** The parts of a version as they are stored. */
export function encodeCode(parts: readonly PartUse[]): Uint8Array {
  return packJson(parts.flat());
}

/** A version that is nothing but a function of its own, which no other version shares: the part itself, with its line. */
export function encodeAlone(part: CodePart, text: string | undefined = part.text): Uint8Array {
  const { line } = part;
  return packJson([{ ...storedPart(part, text), ...(line === undefined ? {} : { line }) }]);
}

/** What `encodeCode` was given, or `encodeAlone` and older Sluices, who put all parts there; undefined when none of them made these bytes. */
export function decodeCode(bytes: unknown): readonly PartUse[] | { readonly parts: readonly CodePart[] } | undefined {
  const flat = unpackJson(bytes);
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
