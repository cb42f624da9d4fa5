import { fail } from "../../../core/failure.ts";
import { isRecord, kindOf, type OptionRules, oneOf } from "../../declaration.ts";

/** Conditions on a value. Those on numbers are on a number, or on each of an array or a column of numbers; nulls and NaN are passed over. */
export interface Conditions {
  /** From the first to the second, both included. */
  readonly range?: readonly [least: number, most: number];
  /** Only these values: strings, numbers, booleans. */
  readonly values?: readonly unknown[];
  /** What `typeof` says of it, or of each of an array. */
  readonly type?: "string" | "number" | "boolean" | "bigint" | "object";
  /** Whether it may be null or undefined; false by itself means nothing else than that it may not. */
  readonly allowNone?: boolean;
  /** Whether NaN, null and undefined may be among the members. */
  readonly allowNulls?: boolean;
  /** How many of the members may be NaN, null or undefined, from 0 to 1. */
  readonly maxFractionNulls?: number;
  /** The mean of the numbers, from the first to the second. */
  readonly meanInRange?: readonly [least: number, most: number];
  /** The most that the standard deviation of the numbers may be. */
  readonly maxStandardDeviation?: number;
  /** What a text has in it, or a list among its members. */
  readonly contains?: unknown;
  /**
   * A function that gives a schema of Zod or of whatever else speaks Standard Schema. A function, so that the schema counts by its
   * source.
   */
  readonly schema?: () => StandardSchema;
}

/** What schemas of many libraries have in common (https://standardschema.dev). */
export interface StandardSchema {
  readonly "~standard": {
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
  };
}

interface StandardResult {
  readonly issues?:
    | readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[]
    | undefined;
}

const aNumber = (value: unknown): string | undefined =>
  typeof value === "number" && !Number.isNaN(value) ? undefined : "a number";
const aRange = (value: unknown): string | undefined =>
  Array.isArray(value) && value.length === 2 && value.every((end) => aNumber(end) === undefined) && value[0] <= value[1]
    ? undefined
    : "two numbers, the least first";
const aFlag = (value: unknown): string | undefined => (typeof value === "boolean" ? undefined : "true or false");

export const conditionRules: OptionRules = {
  range: aRange,
  values: (value) => (Array.isArray(value) ? undefined : "an array"),
  type: oneOf("string", "number", "boolean", "bigint", "object"),
  allowNone: aFlag,
  allowNulls: aFlag,
  maxFractionNulls: (value) =>
    typeof value === "number" && value >= 0 && value <= 1 ? undefined : "a number from 0 to 1",
  meanInRange: aRange,
  maxStandardDeviation: aNumber,
  contains: () => undefined,
  schema: (value) =>
    typeof value === "function" && !("~standard" in value) ? undefined : "a function that gives a schema: () => schema",
};

/** Why a value does not fulfil conditions; undefined where it does. */
export async function testOf(conditions: Conditions, value: unknown): Promise<string | undefined> {
  const { range, values, type, allowNone, allowNulls, maxFractionNulls } = conditions;
  if (isNone(value) && allowNone !== undefined) return allowNone ? undefined : "it is null";
  const members = membersOf(value);
  const there = members.filter((member) => !isNull(member));
  const nulls = members.length - there.length;
  if (allowNulls === false && nulls > 0) return `${nulls} of ${members.length} are null or NaN`;
  if (maxFractionNulls !== undefined && nulls > members.length * maxFractionNulls) {
    return `${nulls} of ${members.length} are null or NaN, more than ${maxFractionNulls} of them`;
  }
  if (range) {
    const wrong = there.find((member) => typeof member !== "number" || member < range[0] || member > range[1]);
    if (wrong !== undefined) return `${text(wrong)} is not from ${range[0]} to ${range[1]}`;
  }
  if (values) {
    const wrong = there.find((member) => !values.includes(member));
    if (wrong !== undefined) return `${text(wrong)} is none of ${values.map(text).join(", ")}`;
  }
  const odd = type && there.find((member) => typeof member !== type);
  if (odd !== undefined) return `${text(odd)} is no ${type}`;
  return ofNumbers(conditions, there) ?? ofWhole(conditions, value);
}

function ofNumbers({ meanInRange, maxStandardDeviation }: Conditions, members: readonly unknown[]): string | undefined {
  if (!meanInRange && maxStandardDeviation === undefined) return undefined;
  const numbers = members.filter((member) => typeof member === "number");
  if (numbers.length === 0) return "there are no numbers";
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  if (meanInRange && (mean < meanInRange[0] || mean > meanInRange[1])) {
    return `the mean, ${mean}, is not from ${meanInRange[0]} to ${meanInRange[1]}`;
  }
  if (maxStandardDeviation === undefined) return undefined;
  const deviation = Math.sqrt(numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / numbers.length);
  return deviation > maxStandardDeviation
    ? `the standard deviation, ${deviation}, is more than ${maxStandardDeviation}`
    : undefined;
}

async function ofWhole({ contains, schema }: Conditions, value: unknown): Promise<string | undefined> {
  if (contains !== undefined) {
    const has =
      typeof value === "string" ? value.includes(String(contains)) : Array.isArray(value) && value.includes(contains);
    if (!has) return `it does not contain ${text(contains)}`;
  }
  const [issue] = schema ? ((await standardOf(schema()).validate(value)).issues ?? []) : [];
  if (!issue) return undefined;
  const path = (issue.path ?? []).map((part) => String(isRecord(part) ? part.key : part)).join(".");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}

function standardOf(given: unknown): StandardSchema["~standard"] {
  const isObject = (typeof given === "object" && given !== null) || typeof given === "function";
  if (isObject && "~standard" in given) return (given as StandardSchema)["~standard"];
  return fail("usage", `the function that is to give a schema gave ${kindOf(given)}`, {
    hint: "give one of Zod or of whatever else speaks Standard Schema: () => z.object({ ... })",
  });
}

/** The members of a list or a typed array; else the value by itself. */
function membersOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return [...(value as Float64Array)];
  return [value];
}

function isNone(value: unknown): boolean {
  return value === null || value === undefined;
}

function isNull(value: unknown): boolean {
  return isNone(value) || Number.isNaN(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40);
}
