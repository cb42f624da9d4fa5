import { fingerprint } from "../../core/fingerprint.ts";
import type { Codec } from "../format.ts";
import { cannotCarry, nameOf } from "./refusal.ts";
import { corrupt } from "./text-bytes.ts";

/** The bytes of a Uint8Array or a Buffer, as they are. */
export const bytes: Codec = {
  encode(value) {
    if (!(value instanceof Uint8Array)) {
      cannotCarry("bytes", [], `is ${nameOf(value)}, not a Uint8Array or Buffer`);
    }
    const isBuffer = Buffer.isBuffer(value);
    // A copy, since the function that gave the value may write to it later.
    const own = new Uint8Array(value);
    const dataVersion = fingerprint(value);
    return { bytes: own, dataVersion, ...(isBuffer ? { params: { type: "Buffer" } } : {}) };
  },
  decode(content, params) {
    const own = new Uint8Array(content);
    if (params === undefined) return own;
    if (JSON.stringify(params) !== '{"type":"Buffer"}') corrupt("it is of no known type");
    return Buffer.from(own.buffer);
  },
};
