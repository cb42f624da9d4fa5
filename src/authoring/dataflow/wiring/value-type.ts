import { isRecord } from "../../declaration.ts";

/** Deeper values, and longer lists, are taken as any. */
const deepest = 6;
const longest = 200;

/** Classes whose instances have a type of the same name, without parameters. */
const plainClasses = new Map<object, string>(
  [Date, RegExp, URL, Uint8Array, Float64Array, Int32Array, ArrayBuffer].map((type) => [type.prototype, type.name]),
);

/** The type of a value that is given as it is, as TypeScript writes it; `any` of what cannot be told. */
export function typeOfValue(value: unknown, depth = 0): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
    case "number":
      return Number.isFinite(value) ? (Object.is(value, -0) ? "0" : String(value)) : "number";
    case "bigint":
      return `${value}n`;
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      break;
    default:
      return "any";
  }
  if (value === null) return "null";
  const plain = plainClasses.get(Object.getPrototypeOf(value));
  if (plain) return plain;
  if (depth === deepest) return "any";
  if (Array.isArray(value)) {
    if (value.length > longest) return "any[]";
    return `[${Array.from(value, (each) => typeOfValue(each, depth + 1)).join(", ")}]`;
  }
  if (!isRecord(value)) return "any";
  const entries = Object.entries(value);
  if (entries.length > longest) return "any";
  return `{ ${entries.map(([key, each]) => `${JSON.stringify(key)}: ${typeOfValue(each, depth + 1)}`).join("; ")} }`;
}
