import fc from "fast-check";

const size = 5;

/** Functions that ask for the results of each other. */
export interface CallingFunctions {
  /** For each function those whose results it asks for. */
  readonly calls: readonly (readonly number[])[];
  /** Whether it asks for them all at once. */
  readonly atOnce: readonly boolean[];
  /** Which fail by themselves, as soon as they have asked for what they ask for at once. */
  readonly fails: readonly boolean[];
  /** Asked for at the same time, from outside. */
  readonly targets: readonly number[];
}

const perFunction = { minLength: size, maxLength: size };

export const callingFunctions: fc.Arbitrary<CallingFunctions> = fc.record({
  calls: fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 2 }), perFunction),
  atOnce: fc.array(fc.boolean(), perFunction),
  fails: fc.array(fc.boolean(), perFunction),
  targets: fc.uniqueArray(fc.nat(size - 1), { minLength: 1, maxLength: 3 }),
});

/** What a target comes to, or why it may fail: which it is where there are several reasons depends on who is first. */
export function endsOf(
  target: number,
  of: CallingFunctions,
  around: readonly number[] = [],
): number | readonly string[] {
  if (around.includes(target)) return ["cycle"];
  const within = of.calls[target]!.map((to) => endsOf(to, of, [...around, target]));
  const failed = within.filter((end) => typeof end !== "number").flat();
  if (of.fails[target]) failed.push("failed");
  if (failed.length > 0) return failed;
  return within.reduce<number>((sum, end) => sum + (end as number), target + 1);
}
