import fc from "fast-check";
import { Driver, inputs } from "sluice/dataflow";
import { expect, test } from "vitest";
import { failureOf } from "../../../src/core/failure.ts";

/** For each node the nodes that it reads, in any order; numbers past the last node are inputs of the dataflow. */
const wires = fc.array(fc.array(fc.nat(14), { maxLength: 3 }), { minLength: 1, maxLength: 12 });

function waitsForItself(reads: readonly (readonly number[])[]): boolean {
  const reached = reads.map((each) => new Set(each));
  for (let round = 0; round < reads.length; round++) {
    for (const each of reached) for (const read of [...each]) for (const next of reached[read] ?? []) each.add(next);
  }
  return reached.some((each, i) => each.has(i));
}

test("a driver is built where no node waits for itself, in whatever order the nodes come", () => {
  fc.assert(
    fc.property(wires, (reads) => {
      const functions = reads.map((each, i) => [
        `n${i}`,
        inputs(
          [...new Set(each)].map((read) => `n${read}`),
          () => i,
        ),
      ]);
      let reason: string | undefined;
      try {
        Driver.builder().withModules(Object.fromEntries(functions)).build();
      } catch (error) {
        reason = failureOf(error)?.reason;
        if (!reason) throw error;
      }
      expect(reason).toBe(waitsForItself(reads) ? "cycle" : undefined);
    }),
    { numRuns: 400 },
  );
});
