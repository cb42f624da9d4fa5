/**
 * How a flat list is nested: for each level, from the outermost in, the lengths of the lists that are its members. A list that is not
 * nested has no level: `[["a"], ["b", "c"]]` is `["a", "b", "c"]` in the shape `[[1, 2]]`.
 */
export type Shape = readonly (readonly number[])[];

/** A flat list as nested lists. */
export function nest(flat: readonly unknown[], shape: Shape): readonly unknown[] {
  let list = flat;
  for (const lengths of shape.toReversed()) {
    const outer: unknown[] = [];
    let at = 0;
    for (const length of lengths) {
      outer.push(list.slice(at, at + length));
      at += length;
    }
    list = outer;
  }
  return list;
}

/** Nested lists with other values in the place of some of them, each told by its positions from the outermost list in. */
export function replaceAt(
  nested: readonly unknown[],
  replaced: Iterable<readonly [path: readonly number[], value: unknown]>,
): readonly unknown[] {
  let whole = nested;
  for (const [path, value] of replaced) whole = withMember(whole, path, value);
  return whole;
}

function withMember(list: readonly unknown[], [index, ...rest]: readonly number[], value: unknown): readonly unknown[] {
  const member = rest.length === 0 ? value : withMember(list[index!] as readonly unknown[], rest, value);
  return list.with(index!, member);
}

/** A list that is not as deep as it is said to be. */
export interface NotNested {
  /** Where there is no list: positions from the outermost list in. */
  readonly path: readonly number[];
  readonly value: unknown;
}

/**
 * Lists nested to a depth as a flat list, with their shape.
 * @param emptied whether what is at these positions counts as an empty list, whatever it is; asked of lists that are members
 */
export function flatten(
  value: unknown,
  depth: number,
  emptied?: (path: readonly number[]) => boolean,
): { readonly flat: readonly unknown[]; readonly shape: Shape } | NotNested {
  if (!Array.isArray(value)) return { path: [], value };
  let flat: readonly unknown[] = value;
  const shape: number[][] = [];
  for (let level = 1; level < depth; level++) {
    if (emptied) {
      const paths = pathsOf(flat.length, shape);
      flat = flat.map((member, i) => (emptied(paths[i]!) ? [] : member));
    }
    const odd = flat.findIndex((member) => !Array.isArray(member));
    if (odd >= 0) return { path: pathsOf(flat.length, shape)[odd]!, value: flat[odd] };
    shape.push(flat.map((member) => (member as readonly unknown[]).length));
    const next: unknown[] = [];
    for (const member of flat) for (const each of member as readonly unknown[]) next.push(each);
    flat = next;
  }
  return { flat, shape };
}

/**
 * The positions of each member of a flat list in the lists that it comes of, the outermost first.
 * @param length of the flat list
 */
export function pathsOf(length: number, shape: Shape): readonly (readonly number[])[] {
  let paths: (readonly number[])[] = Array.from({ length: shape[0]?.length ?? length }, (_, i) => [i]);
  for (const lengths of shape) {
    const inner: (readonly number[])[] = [];
    for (const [i, count] of lengths.entries()) for (let j = 0; j < count; j++) inner.push([...paths[i]!, j]);
    paths = inner;
  }
  return paths;
}
