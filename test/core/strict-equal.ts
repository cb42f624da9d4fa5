import { types } from "node:util";

/**
 * Whether two values are equal in everything that the canonical encoding promises to keep: prototypes, own keys in order,
 * enumerability, order of Maps and Sets, holes, -0, bytes, which objects are the same object. Written without a look at the
 * encoder, so that it can judge it.
 */
export function strictEqual(left: unknown, right: unknown): boolean {
  const there = new Map<object, object>();
  const back = new Map<object, object>();
  const todo: [unknown, unknown][] = [[left, right]];
  for (let pair = todo.pop(); pair; pair = todo.pop()) {
    const [a, b] = pair;
    if (!isObject(a) || !isObject(b)) {
      if (!Object.is(a, b)) return false;
      continue;
    }
    if (there.has(a) || back.has(b)) {
      if (there.get(a) !== b || back.get(b) !== a) return false;
      continue;
    }
    there.set(a, b);
    back.set(b, a);
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    const inner = contents(a);
    const other = contents(b);
    if (inner.length !== other.length) return false;
    inner.forEach((value, i) => {
      todo.push([value, other[i]]);
    });
  }
  return true;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** All that can be seen of an object, as a list. */
function contents(value: object): unknown[] {
  return [...slots(value), ...properties(value)];
}

function properties(value: object): unknown[] {
  if (ArrayBuffer.isView(value)) return [];
  return Reflect.ownKeys(value)
    .filter((key) => !(types.isNativeError(value) && key === "stack"))
    .flatMap((key) => {
      const property = Object.getOwnPropertyDescriptor(value, key)!;
      return [key, property.enumerable, property.value];
    });
}

function slots(value: object): unknown[] {
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof RegExp) return [value.source, value.flags];
  if (value instanceof URL) return [value.href];
  if (value instanceof URLSearchParams) return [...value].flat();
  if (types.isBoxedPrimitive(value)) return [value.valueOf()];
  if (value instanceof ArrayBuffer) return [Buffer.from(value).toString("hex")];
  if (ArrayBuffer.isView(value)) return [Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")];
  return [];
}
