import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GraphNode } from "../../src/core/graph.ts";
import { remainingPaths } from "../../src/run/priority.ts";
import { ReadyQueue } from "../../src/run/ready-queue.ts";

function node(name: string, index: number, consumers: GraphNode[] = []): GraphNode {
  return { name, index, inputs: [], consumers, definition: { kind: "stage" } as never };
}

describe("the ready queue", () => {
  test("starts what has the longest remaining path first, at most `jobs` at once", () => {
    const queue = new ReadyQueue(2, new Map());
    const [a, b, c] = [node("a", 0), node("b", 1), node("c", 2)];
    queue.push(a!, 1);
    queue.push(b!, 3);
    queue.push(c!, 2);
    expect([queue.take()?.node, queue.take()?.node, queue.take()?.node]).toEqual([b, c, undefined]);
    queue.release();
    expect(queue.take()?.node).toBe(a);
  });

  test("a full pool holds back its own and nobody else", () => {
    const queue = new ReadyQueue(4, new Map([["db", 1]]));
    const [a, b, c] = [node("a", 0), node("b", 1), node("c", 2)];
    queue.push(a!, 3, "db");
    queue.push(b!, 2, "db");
    queue.push(c!, 1);
    expect([queue.take()?.node, queue.take()?.node, queue.take()?.node]).toEqual([a, c, undefined]);
    queue.release("db");
    expect(queue.take()?.node).toBe(b);
  });

  test("gives everything exactly once, in order of priority among what it holds (model: a sorted list)", () => {
    const step = fc.oneof(
      fc.record({ push: fc.nat(50), pool: fc.constantFrom(undefined, "p", "q") }),
      fc.constant("take" as const),
      fc.constant("release" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, jobs) => {
        const limits = new Map([
          ["p", 1],
          ["q", 2],
        ]);
        const queue = new ReadyQueue(jobs, limits);
        const waiting: { node: GraphNode; priority: number; pool: string | undefined }[] = [];
        const running: (string | undefined)[] = [];
        let index = 0;
        for (const action of steps) {
          if (action === "release") {
            if (running.length === 0) continue;
            queue.release(running.shift());
          } else if (action === "take") {
            const free = (pool: string | undefined) =>
              pool === undefined || running.filter((used) => used === pool).length < limits.get(pool)!;
            const best = waiting
              .filter(({ pool }) => running.length < jobs && free(pool))
              .sort((x, y) => y.priority - x.priority || x.node.index - y.node.index)[0];
            expect(queue.take()?.node).toBe(best?.node);
            if (best) {
              waiting.splice(waiting.indexOf(best), 1);
              running.push(best.pool);
            }
          } else {
            const entry = { node: node(`n${index}`, index), priority: action.push, pool: action.pool };
            index += 1;
            queue.push(entry.node, entry.priority, entry.pool);
            waiting.push(entry);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

test("the remaining path is the longest way to an end; what never ran counts as typical", () => {
  const end = node("end", 3);
  const slow = node("slow", 2, [end]);
  const fast = node("fast", 1, [end]);
  const start = node("start", 0, [fast, slow]);
  const paths = remainingPaths(
    [start, fast, slow, end],
    new Map([
      ["fast", 10],
      ["slow", 100],
      ["end", 1],
    ]),
  );
  expect(paths.get(end)).toBe(1);
  expect(paths.get(slow)).toBe(101);
  expect(paths.get(fast)).toBe(11);
  expect(paths.get(start)).toBe(37 + 101);
});
