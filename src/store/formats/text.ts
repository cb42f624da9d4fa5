import { fingerprint } from "../../core/fingerprint.ts";
import type { Codec } from "../format.ts";
import { cannotCarry, nameOf } from "./refusal.ts";
import { checkLength, textOf, utf8Of } from "./text-bytes.ts";

/** A string as UTF-8, and nothing else: no byte order mark, no newline that is not the string's own. */
export const text: Codec = {
  encode(value) {
    if (typeof value !== "string") cannotCarry("text", [], `is ${nameOf(value)}, not a string`);
    if (!value.isWellFormed()) cannotCarry("text", [], "holds half a surrogate pair, which UTF-8 has no bytes for");
    return { bytes: checkLength("text", utf8Of([value])), dataVersion: fingerprint(value) };
  },
  decode(bytes) {
    return textOf(bytes);
  },
};
