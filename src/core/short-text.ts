import { inspect } from "node:util";

/** A value in at most 80 characters, on one line. */
export function shortText(value: unknown): string {
  const text = inspect(value, {
    depth: 2,
    breakLength: Number.POSITIVE_INFINITY,
    maxArrayLength: 10,
    maxStringLength: 80,
  });
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
