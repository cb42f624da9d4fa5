import { fileRef } from "../../core/file-ref.ts";
import { cannotCarry, indexStep, nameOf, propertyStep, type Step } from "./refusal.ts";

/** `JSON.stringify` goes down by recursion; data for people is never as deep. */
const maxDepth = 1000;

interface Level {
  readonly value: object;
  /** Undefined for an array. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  next: number;
}

/**
 * Makes sure that JSON gives a value back as it is. It is known to be a tree that can be versioned: no functions, getters,
 * hidden or symbol-named properties, cycles.
 * @throws SluiceError `unsupported-value` with the path to what JSON cannot carry
 */
export function checkJson(format: string, root: unknown, above: readonly Step[] = []): void {
  const open: Level[] = [];
  const path = (): Step[] => [
    ...above,
    ...open.map(({ keys, next }) => (keys ? propertyStep(keys[next - 1]!) : indexStep(next - 1))),
  ];
  const enter = (value: unknown): void => {
    if (value === null || typeof value === "string" || typeof value === "boolean") return;
    if (typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0)) return;
    if (typeof value !== "object") cannotCarry(format, path(), `is ${nameOf(value)}`);
    if (open.length === maxDepth) cannotCarry(format, path(), `is more than ${maxDepth} levels deep`);
    if (Array.isArray(value)) {
      open.push({ value, keys: undefined, length: value.length, next: 0 });
      return;
    }
    if (fileRef in value) cannotCarry(format, path(), "is a file handle");
    if (Object.getPrototypeOf(value) !== Object.prototype) cannotCarry(format, path(), `is ${nameOf(value)}`);
    const keys = Object.keys(value);
    open.push({ value, keys, length: keys.length, next: 0 });
  };
  enter(root);
  for (let level = open.at(-1); level; level = open.at(-1)) {
    if (level.next === level.length) {
      open.pop();
      continue;
    }
    const key = level.keys ? level.keys[level.next] : level.next;
    level.next++;
    if (!level.keys && !Object.hasOwn(level.value, key!)) cannotCarry(format, path(), "is a hole in an array");
    enter((level.value as Record<string | number, unknown>)[key!]);
  }
}
