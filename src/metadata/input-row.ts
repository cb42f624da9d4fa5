import type { InputDetail } from "../core/input-detail.ts";
import { packJson, unpackJson } from "./packed-json.ts";
import { hasFields, isArray, isText } from "./shape.ts";

/** What an input was made of, as it is stored. */
export function encodeInput(detail: InputDetail): Uint8Array {
  return packJson(detail);
}

/** What `encodeInput` was given; undefined when it did not make these bytes. */
export function decodeInput(bytes: unknown): InputDetail | undefined {
  const detail = unpackJson(bytes);
  return isDetail(detail) ? detail : undefined;
}

function isDetail(value: unknown): value is InputDetail {
  const isFile = (file: unknown) => isArray(file) && file.length === 2 && file.every(isText);
  return (
    hasFields(value, {
      kind: (kind) => kind === "files",
      files: (files) => isArray(files) && files.every(isFile),
    }) || hasFields(value, { kind: (kind) => kind === "value", encoded: isText })
  );
}
