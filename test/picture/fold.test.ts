import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawingOf } from "../../src/picture/fold.ts";
import { pictureOf, someInputs } from "./pictures.ts";

/** A source, so many years that read it, and a total of them. */
function years(n: number, more = {}) {
  const inputs = [[], ...Array.from({ length: n }, () => [0]), Array.from({ length: n }, (_, i) => i + 1)];
  return pictureOf(inputs, (i) =>
    i > 0 && i <= n ? { name: `years.${i}`, family: "years.*", where: "p.ts:3", ...more } : {},
  );
}

describe("nodes that are alike", () => {
  test("are one stack, with one wire for all of theirs", () => {
    const { cards, wires } = drawingOf(years(1000));
    expect(cards.map(({ members }) => members.length)).toEqual([1, 1000, 1]);
    expect(wires.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  test("are drawn one by one where they are few, unfolded, or declared on other lines", () => {
    expect(drawingOf(years(7)).cards).toHaveLength(9);
    expect(drawingOf(years(8)).cards).toHaveLength(3);
    const folded = drawingOf(years(30)).cards.find(({ members }) => members.length > 1)!;
    expect(drawingOf(years(30), { unfolded: new Set([folded.id]) }).cards).toHaveLength(32);
    expect(drawingOf(years(30), { unfolded: "all" }).cards).toHaveLength(32);
    const apart = years(30);
    const nodes = apart.nodes.map((node, i) => ({ ...node, where: `p.ts:${i}` }));
    expect(drawingOf({ ...apart, nodes }).cards).toHaveLength(32);
  });

  test("are apart where they belong to different groups", () => {
    const { nodes, ...picture } = years(30);
    const grouped = nodes.map((node, i) => ({ ...node, group: i <= 15 ? "a" : "b" }));
    expect(drawingOf({ ...picture, nodes: grouped }).cards.map(({ members }) => members.length)).toEqual([
      1, 15, 15, 1,
    ]);
  });

  test("are not, where one reads another", () => {
    const chain = pictureOf(
      Array.from({ length: 40 }, (_, i) => (i === 0 ? [] : [i - 1])),
      (i) => ({ name: `steps.${i}`, family: "steps.*", where: "p.ts:1" }),
    );
    expect(drawingOf(chain).cards).toHaveLength(40);
  });

  test("never make a circle, and every node is in one card", () => {
    fc.assert(
      fc.property(someInputs, fc.integer({ min: 1, max: 4 }), (inputs, families) => {
        const many = inputs.flatMap((read, i) =>
          Array.from({ length: 9 }, (_, k) => read.map((from) => from * 9 + ((k + i) % 3 === 0 ? 0 : k))),
        );
        const picture = pictureOf(many, (i) => ({ family: `f${Math.floor(i / 9) % families}.*`, where: "p.ts:1" }));
        const { cards, wires } = drawingOf(picture);
        expect(cards.flatMap(({ members }) => members).sort((a, b) => a - b)).toEqual([...many.keys()]);
        expect(new Set(cards.map(({ id }) => id)).size).toBe(cards.length);
        // Taking away what nothing is read by any more comes to an end only without circles.
        const left = new Set(cards.keys());
        for (let before = -1; before !== left.size; ) {
          before = left.size;
          for (const card of left) if (!wires.some(({ from, to }) => to === card && left.has(from))) left.delete(card);
        }
        expect(left.size).toBe(0);
        expect(wires.every(({ from, to }) => from !== to)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("of a part are counted in that part", () => {
    const { cards } = drawingOf(years(30), { only: new Set([0, 1, 2, 3, 31]) });
    expect(cards).toHaveLength(5);
  });
});
