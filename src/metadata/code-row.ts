import type { CodePart } from "../core/code-part.ts";
import { isDigest } from "../core/digest.ts";
import { packJson, unpackJson } from "./packed-json.ts";
import { hasFields, isArray, isCount, isOneOf, isText } from "./shape.ts";

const isPartKind = isOneOf<CodePart["kind"]>({ declaration: true, module: true, package: true, file: true });

/** The parts of a code version as they are stored. */
export function encodeCode(parts: readonly CodePart[]): Uint8Array {
  return packJson(parts);
}

/** What `encodeCode` was given; undefined when it did not make these bytes. */
export function decodeCode(bytes: unknown): readonly CodePart[] | undefined {
  const parts = unpackJson(bytes);
  return isArray(parts) && parts.every(isPart) ? parts : undefined;
}

function isPart(value: unknown): value is CodePart {
  return hasFields(value, { kind: isPartKind, name: isText, digest: isDigest }, { file: isText, line: isCount });
}
