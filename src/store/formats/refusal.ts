import { types } from "node:util";
import { pathText, propertyStep, type Step } from "../../core/canonical/unversionable.ts";
import { fail } from "../../core/failure.ts";

export { propertyStep, type Step };

export function indexStep(index: number): Step {
  return (outer) => `${outer}[${index}]`;
}

/** @throws SluiceError `unsupported-value`: `what` follows the path to the value that the format cannot carry */
export function cannotCarry(
  format: string,
  path: readonly Step[],
  what: string,
  hint = 'use the format "auto"',
): never {
  fail("unsupported-value", `${pathText(path)} ${what}; the format "${format}" cannot carry it`, { hint });
}

/** Says what a value is, after "is". */
export function nameOf(value: unknown): string {
  switch (typeof value) {
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return "a BigInt";
    case "string":
      return "a string";
    case "boolean":
      return "a boolean";
    case "undefined":
      return "undefined";
    case "object":
      break;
    default:
      return `a ${typeof value}`;
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (types.isDate(value) && Number.isNaN(value.getTime())) return "an invalid Date";
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return "an object";
  if (prototype === null) return "an object without a prototype";
  const { name } = (value as { constructor: { name: string } }).constructor;
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}
