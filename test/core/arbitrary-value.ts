import fc from "fast-check";

/*
 * Any graph of values: a list of containers whose children are plain values or any of the containers, so that sharing and
 * cycles are as likely as trees. It is generated as a description, from which equal graphs can be built more than once.
 */

type Child = { readonly leaf: () => unknown } | { readonly node: number };

interface Description {
  readonly kind: "object" | "null" | "array" | "sparse" | "map" | "set" | "error";
  readonly children: readonly {
    readonly key: string;
    readonly gap: number;
    readonly child: Child;
    readonly via: Child;
  }[];
}

export type Graph = readonly Description[];

const unit = fc
  .oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff }))
  .map((code) => String.fromCharCode(code));
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit, maxLength: 6 }),
  fc.string({ unit: "grapheme", maxLength: 50 }),
);

export const primitive: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "",
    "1",
    0n,
    1n,
    -1n,
  ),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.bigInt(),
  text,
);

const trickyKeys = [
  "__proto__",
  "constructor",
  "toString",
  "length",
  "stack",
  "message",
  "cause",
  "name",
  "0",
  "1",
  "10",
];
const key = fc.oneof(fc.constantFrom(...trickyKeys, "-0", "01", "4294967294", "4294967295", "a", "b", ""), text);

const bytes = fc.uint8Array({ maxLength: 24 });
const viewTypes = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView],
  (globalThis as unknown as { Float16Array: typeof Uint16Array }).Float16Array,
];

/** Makes objects that hold no others, a new one each time. */
const leafObject: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.date({ noInvalidDate: false }).map((date) => () => new Date(date)),
  fc
    .tuple(fc.constantFrom("a", "/", "", "[\\/]\\n", "(?<x>é)"), fc.constantFrom("", "g", "dgimsuy", "v"), fc.nat(9))
    .map(
      ([source, flags, lastIndex]) =>
        () =>
          Object.assign(new RegExp(source, flags), { lastIndex }),
    ),
  fc.webUrl({ withQueryParameters: true }).map((url) => () => new URL(url)),
  fc.array(fc.tuple(text, text), { maxLength: 3 }).map((pairs) => () => new URLSearchParams(pairs)),
  fc.oneof(fc.boolean(), fc.double(), fc.bigInt(), text).map((value) => () => Object(value)),
  bytes.map((content) => () => Buffer.from(content)),
  bytes.map((content) => () => content.slice().buffer),
  fc.tuple(bytes, fc.constantFrom(...viewTypes)).map(([content, type]) => () => {
    const whole = content.slice(0, content.length - (content.length % 8)).slice();
    return new (type as typeof Uint8Array)(whole.buffer);
  }),
  fc.array(fc.integer(), { maxLength: 5 }).map((numbers) => () => [...numbers]),
  fc.array(fc.double(), { maxLength: 5 }).map((numbers) => () => [...numbers]),
);

function child(nodes: number): fc.Arbitrary<Child> {
  return fc.oneof(
    { weight: 4, arbitrary: primitive.map((value) => ({ leaf: () => value })) },
    { weight: 2, arbitrary: fc.nat(nodes - 1).map((node) => ({ node })) },
    { weight: 1, arbitrary: leafObject.map((leaf) => ({ leaf })) },
  );
}

function describe(nodes: number): fc.Arbitrary<Description> {
  const one = fc.record({ key, gap: fc.oneof(fc.nat(2), fc.nat(10_000)), child: child(nodes), via: child(nodes) });
  const kind = fc.constantFrom<Description["kind"]>(
    "object",
    "object",
    "null",
    "array",
    "sparse",
    "map",
    "set",
    "error",
  );
  return fc.record({ kind, children: fc.array(one, { maxLength: 4 }) });
}

/** Graphs of 1 to 5 containers. */
export const graph: fc.Arbitrary<Graph> = fc
  .integer({ min: 1, max: 5 })
  .chain((nodes) => fc.array(describe(nodes), { minLength: nodes, maxLength: nodes }));

/** The value that a description stands for: its first container. Equal values, with no object in common, at each call. */
export function build(graph: Graph): unknown {
  const made = graph.map(({ kind, children }) => empty(kind, children.length));
  const valueAt = (from: Child) => ("leaf" in from ? from.leaf() : made[from.node]);
  graph.forEach(({ kind, children }, i) => {
    for (const one of children)
      add(
        made[i],
        kind,
        one.key,
        one.gap,
        () => valueAt(one.child),
        () => valueAt(one.via),
      );
  });
  return made[0];
}

function empty(kind: Description["kind"], seed: number): unknown {
  switch (kind) {
    case "object":
      return {};
    case "null":
      return Object.create(null);
    case "map":
      return new Map();
    case "set":
      return new Set();
    case "error":
      return seed % 2 ? new AggregateError([], "many") : new RangeError(...(seed ? ["out"] : []));
    default:
      return [];
  }
}

function add(
  to: unknown,
  kind: Description["kind"],
  key: string,
  gap: number,
  value: () => unknown,
  via: () => unknown,
): void {
  if (kind === "map") (to as Map<unknown, unknown>).set(via(), value());
  else if (kind === "set") (to as Set<unknown>).add(value());
  else if (kind === "array") (to as unknown[]).push(value());
  else if (kind === "sparse") {
    const list = to as unknown[];
    list.length += gap;
    if (gap % 3 !== 0) list.push(value());
  } else if (!(kind === "error" && key === "stack")) {
    const enumerable = kind !== "error" || gap % 2 === 0;
    Object.defineProperty(to, key, { value: value(), enumerable, writable: true, configurable: true });
  }
}

/** A graph and the same graph with one thing changed: a child, a key, a gap, a kind, or an entry more or less. */
export const neighbours: fc.Arbitrary<readonly [Graph, Graph]> = graph.chain((original) => {
  const nodes = original.length;
  return fc
    .tuple(fc.oneof(fc.constant(0), fc.nat(nodes - 1)), describe(nodes), fc.nat(7), fc.nat(2))
    .map(([at, other, what, position]) => {
      const before = original[at]!;
      const replacement = other.children[0];
      const children = [...before.children];
      const old = children[position];
      if (what === 0) return [original, original.with(at, { ...before, kind: other.kind })] as const;
      if (what === 1 && replacement) children.splice(position, 0, replacement);
      else if (what === 2) children.splice(position, 1);
      else if (what === 3) children.reverse();
      else if (old && replacement && what === 4) children[position] = { ...old, key: replacement.key };
      else if (old && replacement && what === 5) children[position] = { ...old, gap: replacement.gap };
      else if (old && replacement && what === 6) children[position] = { ...old, via: replacement.via };
      else if (old && replacement) children[position] = { ...old, child: replacement.child };
      return [original, original.with(at, { ...before, children })] as const;
    });
});
