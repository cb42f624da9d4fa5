/** Bytes of a view that are looked at. */
const mostBytes = 16 << 10;

/**
 * The texts and numbers in a value: in arrays, objects, Maps, Sets, URLs and bytes. What has getters is looked at without calling
 * them. Names of properties are left out.
 * @param depth how deep to look; all the way unless given
 */
export function* textsIn(value: unknown, depth = Number.POSITIVE_INFINITY): Iterable<string> {
  const seen = new Set<object>();
  const open: (readonly [value: unknown, depth: number])[] = [[value, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [each, at] = next;
    if (typeof each === "string") yield each;
    else if (typeof each === "number" || typeof each === "bigint") yield String(each);
    if (each === null || typeof each !== "object" || seen.has(each) || at > depth) continue;
    seen.add(each);
    if (each instanceof URL || each instanceof URLSearchParams || each instanceof RegExp) yield String(each);
    for (const inner of itemsOf(each)) open.push([inner, at + 1]);
  }
}

function itemsOf(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, Math.min(value.byteLength, mostBytes));
    return [String.fromCharCode(...bytes)];
  }
  return Object.values(Object.getOwnPropertyDescriptors(value)).map((property): unknown => property.value);
}
