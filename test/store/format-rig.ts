import fc from "fast-check";
import { failureOf } from "../../src/core/failure.ts";
import type { Encoded } from "../../src/store/format.ts";
import { formatOf } from "../../src/store/formats.ts";

export async function encodeAs(format: string, value: unknown): Promise<Encoded> {
  return (await formatOf(format)).encode(value);
}

/** What a consumer gets: the params go through JSON, as they do in a record. */
export async function decodeAs(format: string, { bytes, params }: Pick<Encoded, "bytes" | "params">): Promise<unknown> {
  const kept = params === undefined ? undefined : JSON.parse(JSON.stringify(params));
  return (await formatOf(format)).decode(bytes, kept);
}

export async function roundTrip(format: string, value: unknown): Promise<unknown> {
  return decodeAs(format, await encodeAs(format, value));
}

export interface Refused {
  readonly reason: string;
  readonly message: string;
}

/** The failure that a call ends with; `unfailed` when it does not fail, or with something that is no failure. */
export async function refusal(work: () => unknown): Promise<Refused> {
  try {
    await work();
    return { reason: "unfailed", message: "" };
  } catch (error) {
    const failure = failureOf(error);
    return failure ?? { reason: "unfailed", message: String(error) };
  }
}

const awkward = [
  "",
  " ",
  "__proto__",
  "constructor",
  "toString",
  "1",
  "01",
  "-0",
  "NaN",
  "true",
  "null",
  "a,b",
  'a"b',
  '"',
  "a\r\nb",
];
const awkwardText = [
  ...awkward,
  "\n",
  "\r",
  "\ufeff",
  "\0",
  "=1+1",
  "é",
  "日本",
  "😀",
  "2020-01-01T00:00:00.000Z",
  "1e3",
];

/** Strings that UTF-8 can carry, with all that formats trip over. */
export const text = fc.oneof(fc.constantFrom(...awkwardText), fc.string({ unit: "binary" }), fc.string());

export const name = fc.oneof(fc.constantFrom(...awkward), fc.string({ unit: "binary", maxLength: 8 }));

export const finite = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
  fc.constantFrom(0, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE, Number.MAX_VALUE, 0.1),
);

export const anyNumber = fc.oneof(
  finite,
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

export const date = fc.date({ noInvalidDate: true });

/** An object with these own properties, whatever they are called. */
export function objectOf(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}

/** Whatever JSON can carry. */
export const jsonValue = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.constant(null), fc.boolean(), finite, text, fc.string({ unit: "binary" }), fc.constant("\ud800 half")),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie("any")), { maxLength: 4 }).map(objectOf),
  ),
})).any;

export interface ColumnPlan {
  readonly cell: fc.Arbitrary<unknown>;
  /** What an empty cell is; `missing` leaves the property out. */
  readonly empty: "never" | "null" | "undefined" | "missing";
}

/** Rows of which every column has the cells that its plan says. */
export function rowsOf(
  cells: readonly fc.Arbitrary<unknown>[],
  empties: readonly ColumnPlan["empty"][],
): fc.Arbitrary<Record<string, unknown>[]> {
  const plan = fc.record({ cell: fc.constantFrom(...cells), empty: fc.constantFrom(...empties) });
  const columns = fc.uniqueArray(fc.tuple(name, plan), { selector: ([key]) => key, minLength: 1, maxLength: 5 });
  return columns.chain((plans) => {
    const cellsOf = plans.map(([, { cell, empty }]) =>
      empty === "never"
        ? cell.map((value) => [value])
        : fc.option(cell, { nil: undefined, freq: 3 }).map((value) => (value === undefined ? [] : [value])),
    );
    const row = fc.tuple(...cellsOf).map((values) => {
      const entries: [string, unknown][] = [];
      for (const [i, [key, { empty }]] of plans.entries()) {
        const [value] = values[i]!;
        if (values[i]!.length > 0) entries.push([key, value]);
        else if (empty !== "missing") entries.push([key, empty === "null" ? null : undefined]);
      }
      return objectOf(entries);
    });
    // A first row with every column makes sure that the table has one at all.
    const full = fc
      .tuple(...plans.map(([, { cell }]) => cell))
      .map((values) => objectOf(plans.map(([key], i) => [key, values[i]])));
    return fc.tuple(full, fc.array(row, { maxLength: 8 })).map(([first, rest]) => [first, ...rest]);
  });
}

/** Bytes that some encoder made, damaged in one place or more. */
export function damaged(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const position = fc.nat(Math.max(0, bytes.length - 1));
  return fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    position.map((end) => bytes.slice(0, end)),
    fc.tuple(position, fc.uint8Array({ minLength: 1, maxLength: 9 })).map(([at, piece]) => {
      const own = bytes.slice();
      own.set(piece.subarray(0, Math.max(0, own.length - at)), at);
      return own;
    }),
    fc.uint8Array({ minLength: 1, maxLength: 20 }).map((piece) => Uint8Array.from([...bytes, ...piece])),
  );
}
