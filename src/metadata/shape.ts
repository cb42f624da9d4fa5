/*
 * Whether bytes from a cache have the shape that they should have. They may be old, damaged or hostile, so nothing that is
 * read back is used before it has passed one of these.
 */

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Text, or null for what was absent. */
export function isOptionalText(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

/** A duration or a moment, in milliseconds. */
export function isMilliseconds(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/** A number of bytes or of things. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** An object as JSON makes them. */
export function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A test for a union of words. The record names every member, so that the compiler notices when the union grows. */
export function isOneOf<Word extends string>(words: Readonly<Record<Word, true>>): (value: unknown) => value is Word {
  const known: ReadonlySet<unknown> = new Set(Object.keys(words));
  return (value): value is Word => known.has(value);
}

/** What a text of JSON says; undefined, which JSON cannot say, when it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, (value: unknown) => boolean>>;

/** Whether an object has all of the required fields, perhaps some of the optional ones, and no other. */
export function hasFields(value: unknown, required: Fields, optional: Fields = {}): boolean {
  if (!isObject(value)) return false;
  for (const name of Object.keys(required)) {
    if (!Object.hasOwn(value, name)) return false;
  }
  return Object.entries(value).every(([name, field]) => {
    const check = Object.hasOwn(required, name) ? required[name] : Object.hasOwn(optional, name) && optional[name];
    return check ? check(field) : false;
  });
}
