import { fingerprint } from "../../core/fingerprint.ts";

/** What stands for a value: equal texts exactly for equal values. */
export function valueId(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `s${value}`;
    case "number":
      return Object.is(value, -0) ? "n-0" : `n${value}`;
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return "undefined";
    case "bigint":
      return `i${value}`;
    default:
      return value === null ? "null" : `o${fingerprint(value)}`;
  }
}

/** With its length, so that no two lists of texts become one text. */
export function counted(text: string): string {
  return `${text.length}:${text}`;
}
