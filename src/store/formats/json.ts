import { fingerprint } from "../../core/fingerprint.ts";
import type { Codec } from "../format.ts";
import { checkJson } from "./json-shape.ts";
import { cannotCarry } from "./refusal.ts";
import { checkLength, corrupt, textOf, utf8Of } from "./text-bytes.ts";

/** JSON (RFC 8259) for people: two spaces, a newline at the end. Objects that are reached twice come back as copies. */
export const json: Codec = {
  encode(value) {
    const dataVersion = fingerprint(value, { shared: "expand" });
    checkJson("json", value);
    return { bytes: checkLength("json", utf8Of([stringified(value), "\n"])), dataVersion };
  },
  decode(bytes) {
    return parsed(textOf(bytes));
  },
};

function stringified(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return cannotCarry("json", [], "is too large for one text", 'use the format "auto", "ndjson" or "parquet"');
  }
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return corrupt("it is not JSON", error);
  }
}
