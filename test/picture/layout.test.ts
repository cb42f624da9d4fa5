import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Box,
  type FramePath,
  frameKey,
  type Layout,
  type Link,
  type Size,
} from "../../src/picture/layout/geometry.ts";
import { risingFit } from "../../src/picture/layout/heights.ts";
import { arrange } from "../../src/picture/layout/layered.ts";
import { layOut } from "../../src/picture/layout/layout.ts";
import { crossings } from "../../src/picture/layout/order.ts";
import { place } from "../../src/picture/layout/place.ts";
import { shapes, someInputs } from "./pictures.ts";

function graphOf(inputs: readonly (readonly number[])[]): { cards: readonly Size[]; links: readonly Link[] } {
  const cards = inputs.map((_, i) => ({ width: 100 + ((i * 37) % 90), height: 46 }));
  const links = inputs.flatMap((read, to) => read.map((from) => ({ from, to })));
  return { cards, links };
}

/** What must hold of every layout. */
function check(cards: readonly Size[], links: readonly Link[], layout: Layout): void {
  const { boxes, routes, width, height } = layout;
  expect(boxes).toHaveLength(cards.length);
  expect(routes).toHaveLength(links.length);
  for (const [i, box] of boxes.entries()) {
    expect(box.width).toBeGreaterThanOrEqual(cards[i]!.width);
    expect(box.height).toBe(cards[i]!.height);
    expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(width + 0.2);
    expect(box.y + box.height).toBeLessThanOrEqual(height + 0.2);
  }
  // Apart, with room for what sticks out of a stack.
  const byX = [...boxes.keys()].sort((a, b) => boxes[a]!.x - boxes[b]!.x);
  for (const [k, i] of byX.entries()) {
    const a = boxes[i]!;
    for (let l = k + 1; l < byX.length && boxes[byX[l]!]!.x < a.x + a.width + 8; l++) {
      const b = boxes[byX[l]!]!;
      expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(a.height + 8);
    }
  }
  for (const [i, { from, to }] of links.entries()) {
    const [a, b, route] = [boxes[from]!, boxes[to]!, routes[i]!];
    expect(route[0]).toEqual({ x: expect.closeTo(a.x + a.width, 0), y: expect.closeTo(a.y + a.height / 2, 0) });
    const end = route.at(-1)!;
    expect(end.x).toBeCloseTo(b.x, 0);
    expect(end.y).toBeGreaterThan(b.y);
    expect(end.y).toBeLessThan(b.y + b.height);
    const outside = route.filter(({ x, y }) => !(x >= 0 && y >= 0 && x <= width + 0.2 && y <= height + 0.2));
    expect(outside).toEqual([]);
  }
}

describe("a layout", () => {
  test("keeps cards apart, and wires between their cards, whatever the graph", async () => {
    await fc.assert(
      fc.asyncProperty(someInputs, async (inputs) => {
        const { cards, links } = graphOf(inputs);
        check(cards, links, await layOut(cards, links));
        check(cards, links, place(cards, links, arrange(cards, links)));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ["chain", 5],
    ["chain", 100],
    ["chain", 1000],
    ["fan", 100],
    ["fan", 1000],
    ["layered", 100],
    ["layered", 1000],
  ] as const)("of a %s of %i nodes is in order, and the same each time", async (shape, n) => {
    const { cards, links } = graphOf(shapes[shape](n));
    const layout = await layOut(cards, links);
    check(cards, links, layout);
    expect(await layOut(cards, links)).toEqual(layout);
  });

  test("has what is read on the left of what reads it", async () => {
    const { cards, links } = graphOf(shapes.layered(400));
    const { boxes } = await layOut(cards, links);
    for (const { from, to } of links) expect(boxes[from]!.x).toBeLessThan(boxes[to]!.x);
  });

  test("breaks a long chain into lines, and folds a wide layer into columns", async () => {
    for (const shape of [shapes.chain(1000), shapes.fan(1000)]) {
      const { cards, links } = graphOf(shape);
      const { width, height } = await layOut(cards, links);
      expect(width / height).toBeGreaterThan(0.5);
      expect(width / height).toBeLessThan(6);
    }
  });

  test("of nothing is nothing", async () => {
    expect(await layOut([], [])).toEqual({ boxes: [], routes: [], frames: [], width: 0, height: 0 });
    expect((await layOut([], [], [])).frames).toEqual([]);
  });

  test("stands with more links over many layers than can be bent", async () => {
    // Everything reads the first 300, in a chain of 400: 120,000 links' ways would be kept.
    const inputs = Array.from({ length: 700 }, (_, i) =>
      i < 300 ? [] : [...(i === 300 ? [] : [i - 1]), i % 300, (i * 7) % 300],
    );
    const { cards, links } = graphOf(inputs.map((read) => [...new Set(read)]));
    check(cards, links, await layOut(cards, links));
  });
});

describe("a layout with frames", () => {
  /** Frames have their cards, and the frames in them, and no others, and lie apart. */
  function checkFrames(paths: readonly FramePath[], { boxes, frames, width, height }: Layout): void {
    const isIn = (box: Box, frame: Box): boolean =>
      box.x >= frame.x + 8 &&
      box.x + box.width <= frame.x + frame.width - 8 &&
      box.y >= frame.y + 20 &&
      box.y + box.height <= frame.y + frame.height - 8;
    const meet = (a: Box, b: Box): boolean =>
      a.x < b.x + b.width + 4 && b.x < a.x + a.width + 4 && a.y < b.y + b.height + 4 && b.y < a.y + a.height + 4;
    const isWithin = (path: FramePath, outer: FramePath): boolean => outer.every((name, i) => name === path[i]);
    const all = paths.flatMap((path) => path.map((_, i) => frameKey(path.slice(0, i + 1))));
    expect(frames.map(({ path }) => frameKey(path)).toSorted()).toEqual([...new Set(all)].toSorted());
    for (const [i, frame] of frames.entries()) {
      expect(Math.min(frame.x, frame.y)).toBeGreaterThanOrEqual(0);
      expect(frame.x + frame.width).toBeLessThanOrEqual(width + 0.2);
      expect(frame.y + frame.height).toBeLessThanOrEqual(height + 0.2);
      for (const [card, box] of boxes.entries()) {
        if (isWithin(paths[card]!, frame.path)) expect(isIn(box, frame)).toBe(true);
        else expect(meet(box, frame)).toBe(false);
      }
      for (const other of frames.slice(i + 1)) {
        if (isWithin(other.path, frame.path)) expect(isIn(other, frame)).toBe(true);
        else expect(meet(frame, other)).toBe(false);
      }
    }
  }

  test("keeps cards of others out of each, whatever the graph", async () => {
    const some: readonly FramePath[] = [[], ["a"], ["b"], ["c"], ["a", "b"], ["a", "b", "c"], ["a", "d"], ["d", "a"]];
    const paths = fc.array(fc.constantFrom(...some), { minLength: 70, maxLength: 70 });
    await fc.assert(
      fc.asyncProperty(someInputs, paths, async (inputs, drawn) => {
        const { cards, links } = graphOf(inputs);
        const framed = drawn.slice(0, cards.length);
        const layout = await layOut(cards, links, framed);
        check(cards, links, layout);
        checkFrames(framed, layout);
        for (const { from, to } of links) expect(layout.boxes[from]!.x).toBeLessThan(layout.boxes[to]!.x);
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    ["chain", 60, (i: number) => [`${Math.floor(i / 20)}`]],
    ["fan", 300, (i: number) => [`${i % 3}`]],
    ["layered", 300, (i: number) => [`${i % 7}`]],
    ["layered", 1000, (i: number) => (i % 5 === 0 ? [] : [`${Math.floor(i / 100)}`])],
    ["chain", 60, (i: number) => ["all", `${Math.floor(i / 20)}`, `${Math.floor(i / 5)}`]],
    ["layered", 300, (i: number) => (i % 7 === 0 ? [] : [`${i % 7}`, `${i % 3}`])],
    ["layered", 1000, (i: number) => [`${Math.floor(i / 250)}`, `${Math.floor(i / 50)}`, `${i % 2}`]],
  ] as const)("of a %s of %i nodes is in order, and the same each time", async (shape, n, pathOf) => {
    const { cards, links } = graphOf(shapes[shape](n));
    const framed = cards.map((_, i) => pathOf(i));
    const layout = await layOut(cards, links, framed);
    check(cards, links, layout);
    checkFrames(framed, layout);
    expect(await layOut(cards, links, framed)).toEqual(layout);
  });

  test("puts one after the other side by side, and cards next to what reads them", async () => {
    // Two chains, one of which reads the other; the second has an early card that only its end reads.
    const { cards, links } = graphOf([[], [0], [1], [2], [3], [4], [], [5, 6]]);
    const { frames, boxes } = await layOut(
      cards,
      links,
      ["a", "a", "a", "b", "b", "b", "b", "b"].map((name) => [name]),
    );
    expect(frames.map(({ path }) => path)).toEqual([["a"], ["b"]]);
    expect(frames[0]!.y).toBe(frames[1]!.y);
    expect(boxes[6]!.x).toBe(boxes[5]!.x);
  });
});

describe("the fit that never falls", () => {
  test("is in order, and nearer to what was wanted than other such values", () => {
    const wanted = fc.array(
      fc.record({ value: fc.integer({ min: -50, max: 50 }), weight: fc.integer({ min: 1, max: 5 }) }),
      { minLength: 1, maxLength: 12 },
    );
    const cost = (values: readonly number[], goal: readonly { value: number; weight: number }[]) =>
      values.reduce((sum, value, i) => sum + goal[i]!.weight * (value - goal[i]!.value) ** 2, 0);
    fc.assert(
      fc.property(
        wanted,
        fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 12, maxLength: 12 }),
        (goal, others) => {
          const fit = risingFit(goal);
          for (let i = 1; i < fit.length; i++) expect(fit[i]!).toBeGreaterThanOrEqual(fit[i - 1]! - 1e-9);
          const other = others.slice(0, goal.length).sort((a, b) => a - b);
          expect(cost(fit, goal)).toBeLessThanOrEqual(cost(other, goal) + 1e-6);
        },
      ),
    );
  });
});

describe("counting crossings", () => {
  test("agrees with looking at every pair of wires", () => {
    const wires = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 20 });
    fc.assert(
      fc.property(wires, (pairs) => {
        const after = Array.from({ length: 12 }, (_, i) => pairs.filter(([a]) => a === i).map(([, b]) => b + 6));
        const places = Array.from({ length: 12 }, (_, i) => i % 6);
        const layers = [
          [0, 1, 2, 3, 4, 5],
          [6, 7, 8, 9, 10, 11],
        ];
        const each = pairs.flatMap(([a, b], i) => pairs.slice(i + 1).filter(([c, d]) => (a - c) * (b - d) < 0));
        expect(crossings(layers, after, places)).toBe(each.length);
      }),
    );
  });
});
