import { isUtf8 } from "node:buffer";
import { fingerprint } from "../../core/fingerprint.ts";
import type { Codec } from "../format.ts";
import { parsed } from "./json.ts";
import { checkJson } from "./json-shape.ts";
import { cannotCarry, indexStep, nameOf } from "./refusal.ts";
import { corrupt, utf8Of } from "./text-bytes.ts";

const newline = 0x0a;
/** Lines that are turned into bytes together. */
const batch = 1000;

/** An array as lines of JSON (https://github.com/ndjson/ndjson-spec), a newline after each. */
export const ndjson: Codec = {
  encode(value) {
    const dataVersion = fingerprint(value, { shared: "expand" });
    if (!Array.isArray(value)) cannotCarry("ndjson", [], `is ${nameOf(value)}, not an array`);
    const pieces: string[] = [];
    let lines = "";
    for (let i = 0; i < value.length; i++) {
      if (!Object.hasOwn(value, i)) cannotCarry("ndjson", [indexStep(i)], "is a hole in an array");
      checkJson("ndjson", value[i], [indexStep(i)]);
      lines += `${JSON.stringify(value[i])}\n`;
      if (i % batch === batch - 1) {
        pieces.push(lines);
        lines = "";
      }
    }
    pieces.push(lines);
    return { bytes: utf8Of(pieces), dataVersion };
  },
  decode(bytes) {
    if (!isUtf8(bytes)) corrupt("it is not UTF-8");
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const values: unknown[] = [];
    for (let at = 0; at < buffer.length; ) {
      const end = buffer.indexOf(newline, at);
      if (end < 0) corrupt("its last line has no end");
      values.push(parsed(buffer.toString("utf8", at, end)));
      at = end + 1;
    }
    return values;
  },
};
