import { expect, test } from "vitest";
import type { RunEvent } from "../../src/core/event.ts";
import type { Emitter } from "../../src/run/emitter.ts";
import { progressReporter } from "../../src/run/make/stage-progress.ts";

function told(done: number, total?: number): unknown {
  const events: Partial<RunEvent>[] = [];
  progressReporter({ emit: (event: Partial<RunEvent>) => events.push(event) } as unknown as Emitter, "a")(done, total);
  return events[0];
}

test("progress that is no number is not told, and a total that is none is unknown", () => {
  const progress = { type: "node-progress", node: "a" };
  expect(told(1, 2)).toEqual({ ...progress, done: 1, total: 2 });
  expect(told(0)).toEqual({ ...progress, done: 0 });
  for (const done of [Number.NaN, Number.POSITIVE_INFINITY, -1, "1" as unknown as number]) {
    expect(told(done, 2)).toBeUndefined();
  }
  for (const total of [Number.NaN, Number.POSITIVE_INFINITY]) expect(told(1, total)).toEqual({ ...progress, done: 1 });
});
