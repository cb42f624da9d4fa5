import fc from "fast-check";
import type { NodeState, Picture, PictureNode } from "../../src/picture/model.ts";

/** A picture whose nodes read those with these numbers; each number is less than the node's own. */
export function pictureOf(
  inputs: readonly (readonly number[])[],
  more: (i: number) => Partial<PictureNode> = () => ({}),
): Picture {
  const nodes = inputs.map(
    (read, i): PictureNode => ({
      name: `n${i}`,
      kind: "stage",
      inputs: read.map((from) => ({ name: `n${from}`, from })),
      ...more(i),
    }),
  );
  return { title: "test", nodes };
}

export const shapes = {
  chain: (n: number) => Array.from({ length: n }, (_, i) => (i === 0 ? [] : [i - 1])),
  fan: (n: number) =>
    Array.from({ length: n }, (_, i) =>
      i === 0 ? [] : i < n - 1 ? [0] : Array.from({ length: n - 2 }, (_, k) => k + 1),
    ),
  /** Layers of as many as there are layers, each reading two of the layer before. */
  layered: (n: number) => {
    const width = Math.ceil(Math.sqrt(n));
    return Array.from({ length: n }, (_, i) => {
      if (i < width) return [];
      const start = (Math.floor(i / width) - 1) * width;
      return [...new Set([start + ((i * 7) % width), start + ((i * 13 + 5) % width)])];
    });
  },
};

/** Inputs of random nodes: each reads some of those before it. */
export const someInputs: fc.Arbitrary<readonly (readonly number[])[]> = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 70 })
  .map((wanted) => wanted.map((read, i) => (i === 0 ? [] : [...new Set(read.map((from) => from % i))])));

export const someState: fc.Arbitrary<NodeState> = fc.record({
  status: fc.constantFrom("failed", "run", "executed", "maybe", "cancelled", "skipped", "hit"),
  reasons: fc.array(fc.string({ unit: "grapheme" }), { maxLength: 3 }),
});

/** Names that would do harm if they were anything but text. */
export const hostile = [
  "</script><script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "</title></svg><script>alert(1)</script>",
  "'];alert(1);//",
  "a\u2028b\u2029c",
  "<!--",
  "]]>",
  "&lt;script&gt;",
  "javascript:alert(1)",
  "\u0000\u0008\ufffe\uffff",
  "\ud800",
  "__proto__",
  "`+alert(1)+`",
];
