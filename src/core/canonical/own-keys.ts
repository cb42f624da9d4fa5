import { inspect } from "node:util";

/** Listing the keys of a list makes a string for each element; up to here that is the quicker way. */
const few = 64;

/** A property that a value has beyond the `expected` number that its kind always has. */
export function extraKey(value: object, expected: number): string | symbol | undefined {
  const keys = Reflect.ownKeys(value);
  return keys.length > expected ? keys.at(-1) : undefined;
}

/** A property of an array without holes, beside its elements and its length. */
export function extraKeyOfArray(list: readonly unknown[]): string | symbol | undefined {
  const { length } = list;
  const bare = `[ ... ${length} more items, [length]: ${length} ]`;
  if (length > few && overview(list) === bare) return undefined;
  return extraKey(list, length + 1);
}

/** A property of a typed array, beside its elements. `twin` is a view of the same bytes that is known to have none. */
export function extraKeyOfView(view: { readonly length: number }, twin: () => object): string | symbol | undefined {
  const hidden = ["length", "buffer", "byteOffset", "byteLength"].find((key) => Object.hasOwn(view, key));
  if (hidden) return hidden;
  if (view.length > few && overview(view) === overview(twin())) return undefined;
  return extraKey(view, view.length);
}

/**
 * What `inspect` says of a list without its elements. It is the one public way to see the other properties of a list in a
 * time that does not grow with its length (`Reflect.ownKeys` takes 1.7 s for 5 MB). Every property changes the text; should
 * Node ever change the text, all that is lost is time.
 */
function overview(list: object): string {
  return inspect(list, {
    maxArrayLength: 0,
    showHidden: true,
    customInspect: false,
    depth: 0,
    breakLength: Number.POSITIVE_INFINITY,
    getters: false,
    colors: false,
    compact: 3,
  });
}
