import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { faceOf, nameFont } from "../../src/picture/card.ts";
import { drawingOf, framesOf } from "../../src/picture/fold.ts";
import { toDot, toMermaid } from "../../src/picture/graph-text.ts";
import { statuses } from "../../src/picture/model.ts";
import { toSvg } from "../../src/picture/svg.ts";
import { fitText, textWidth } from "../../src/picture/text-width.ts";
import { dark, light } from "../../src/picture/theme.ts";
import { hostile, pictureOf, shapes, someInputs, someState } from "./pictures.ts";
import { all, ofClass, parseXml, textOf } from "./xml.ts";

describe("a picture as SVG", () => {
  test("is well formed and has each node and each wire once, all inside", async () => {
    const names = fc.array(fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.constantFrom(...hostile)), {
      minLength: 70,
      maxLength: 70,
    });
    await fc.assert(
      fc.asyncProperty(
        someInputs,
        names,
        fc.array(someState, { minLength: 70, maxLength: 70 }),
        async (inputs, called, states) => {
          const picture = pictureOf(inputs, (i) => ({ name: called[i]!, state: states[i]! }));
          const svg = parseXml(await toSvg(picture));
          expect(ofClass(svg, "card")).toHaveLength(inputs.length);
          expect(ofClass(svg, "wire")).toHaveLength(inputs.flat().length);
          const [, , width, height] = svg.attributes.get("viewBox")!.split(" ").map(Number) as [
            number,
            number,
            number,
            number,
          ];
          for (const card of ofClass(svg, "card")) {
            const [x, y] = /translate\(([\d.]+) ([\d.]+)\)/
              .exec(card.attributes.get("transform")!)!
              .slice(1)
              .map(Number) as [number, number];
            expect(x).toBeLessThan(width);
            expect(y).toBeLessThan(height);
          }
          const tags = new Set([...all(svg)].map(({ tag }) => tag));
          expect(
            [...tags].filter(
              (tag) => !["svg", "g", "path", "rect", "circle", "text", "title", "desc", "style"].includes(tag),
            ),
          ).toEqual([]);
          for (const { attributes } of all(svg)) {
            expect([...attributes.keys()].filter((name) => /^on|href|^style$/i.test(name))).toEqual([]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test("loads nothing, and is the same each time", async () => {
    const picture = pictureOf(shapes.layered(50));
    const svg = await toSvg(picture);
    expect(await toSvg(picture)).toBe(svg);
    expect(svg.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|url\(|@import|<script|href/);
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg).toMatch(/role="img" aria-labelledby="sluice-title sluice-summary"/);
  });

  test("says each state by a sign of its own shape and in words, not by colour alone", async () => {
    const picture = pictureOf(
      statuses.map(() => []),
      (i) => ({ state: { status: statuses[i]!, reasons: [], durationMs: 1200 } }),
    );
    const svg = parseXml(await toSvg(picture));
    const shown = statuses.map((status) => {
      const [card] = ofClass(svg, status).filter(({ attributes }) => attributes.get("class")?.startsWith("card"));
      const [sign] = ofClass(card!, "sign");
      const detail = textOf(ofClass(card!, "detail")[0]!);
      return [[...all(sign!)].find(({ tag }) => tag === "path")!.attributes.get("d"), detail];
    });
    // What would run and what ran are never in one picture.
    expect(new Set(shown.map(([sign]) => sign)).size).toBe(statuses.length - 1);
    expect(new Set(shown.map(([, detail]) => detail)).size).toBe(statuses.length);
  });

  test("has a title with the name in full where it is cut", async () => {
    const name = "漢字".repeat(60);
    const svg = parseXml(await toSvg(pictureOf([[]], () => ({ name }))));
    const [card] = ofClass(svg, "card");
    expect(textOf(ofClass(card!, "name")[0]!)).toMatch(/^漢字.*…$/);
    expect(textOf([...all(card!)].find(({ tag }) => tag === "title")!)).toContain(name);
  });
});

describe("frames", () => {
  const drawn = async (inputs: readonly (readonly number[])[], groups: readonly (string | undefined)[]) => {
    const svg = parseXml(await toSvg(pictureOf(inputs, (i) => (groups[i] === undefined ? {} : { group: groups[i] }))));
    return { frames: ofClass(svg, "frame"), details: ofClass(svg, "detail").map(textOf) };
  };
  const chain = [[], [0], [1], [2]];

  test("have the names of their groups, as text, and their cards do not say it again", async () => {
    for (const name of [...hostile, "a".repeat(300)]) {
      const { frames, details } = await drawn(chain, [name, name, "other", "other"]);
      expect(frames).toHaveLength(2);
      const [title] = [...all(frames[0]!)].filter(({ tag }) => tag === "title");
      // What XML cannot hold is replaced, whatever it is in.
      expect(textOf(title!)).toHaveLength(name.length);
      expect(textOf(ofClass(frames[0]!, "group")[0]!).length).toBeLessThanOrEqual(60);
      expect(details).toEqual(["stage", "stage", "stage", "stage"]);
    }
  });

  test("are drawn where there is something to tell apart: not around all, and not around one", async () => {
    expect((await drawn(chain, ["a", "a", "a", "a"])).frames).toHaveLength(0);
    expect((await drawn(chain, [undefined, undefined, undefined, undefined])).frames).toHaveLength(0);
    const single = await drawn(chain, ["a", "a", "a", "b"]);
    expect(single.frames.map((frame) => textOf(ofClass(frame, "group")[0]!))).toEqual(["a"]);
    expect(single.details).toEqual(["stage", "stage", "stage", "b"]);
  });

  test("have sources that only they read", async () => {
    // 0 is read by `a` alone, 1 by `b` alone, 2 by both.
    const inputs = [[], [], [], [0, 2], [1, 2], [3], [4]];
    const groups = [undefined, undefined, undefined, "a", "b", "a", "b"];
    const { frames } = await drawn(inputs, groups);
    expect(frames).toHaveLength(2);
    const picture = pictureOf(inputs, (i) => (groups[i] === undefined ? { kind: "param" } : { group: groups[i] }));
    expect(framesOf(picture, drawingOf(picture))).toEqual([["a"], ["b"], [], ["a"], ["b"], ["a"], ["b"]]);
    const only = new Set([0, 3, 5]);
    expect(framesOf(picture, drawingOf(picture, { only }))).toBeUndefined();
  });

  test("do not have work of others, though only they read it", () => {
    const picture = pictureOf([[], [0], [1], [2]], (i) => (i === 1 || i === 2 ? { group: "a" } : {}));
    expect(framesOf(picture, drawingOf(picture))).toEqual([[], ["a"], ["a"], []]);
  });
});

describe("frames in frames", () => {
  // A module with two subdags, one of which has another in it; a second module.
  const inputs = [[], [0], [1], [2], [1], [4], [3, 5], [6], [7]];
  const groups: readonly (readonly string[])[] = [
    [],
    ["flow", "week"],
    ["flow", "week", "week.deep"],
    ["flow", "week", "week.deep"],
    ["flow", "month"],
    ["flow", "month"],
    ["flow"],
    ["other"],
    ["other"],
  ];
  const picture = pictureOf(inputs, (i) => {
    const [group, ...around] = groups[i]!.toReversed();
    return group === undefined ? { kind: "param" } : { group, around: around.toReversed() };
  });

  test("are drawn after those that they are in, and told apart", async () => {
    const frames = ofClass(parseXml(await toSvg(picture)), "frame");
    expect(frames.map((frame) => [textOf(ofClass(frame, "group")[0]!), frame.attributes.get("class")])).toEqual([
      ["flow", "frame"],
      ["other", "frame"],
      ["week", "frame within"],
      ["month", "frame within"],
      ["week.deep", "frame"],
    ]);
  });

  test("are not drawn around all, but what is in these is", () => {
    const only = new Set([1, 2, 3, 4, 5, 6]);
    expect(framesOf(picture, drawingOf(picture, { only }))).toEqual([
      ["week"],
      ["week", "week.deep"],
      ["week", "week.deep"],
      ["month"],
      ["month"],
      [],
    ]);
  });

  test("are in Mermaid and in DOT, each within its own", () => {
    const shape = (text: string): string =>
      text
        .split("\n")
        .filter((line) => /^ *(subgraph|end|}|n\d+ ?[[(]|label)/.test(line))
        .map((line) => line.replaceAll(/n(\d+)[ ([].*/g, "n$1").trim())
        .join(" ");
    const parts = (begin: (id: string, name: string) => string, end: string): string =>
      `n0 ${begin("1", "flow")} ${begin("1_1", "week")} n1 ${begin("2_2", "week.deep")} n2 n3 ${end} ${end} ` +
      `${begin("4_1", "month")} n4 n5 ${end} n6 ${end} ${begin("7", "other")} n7 n8 ${end}`;
    expect(shape(toMermaid(picture))).toBe(parts((id, name) => `subgraph g${id} ["${name}"]`, "end"));
    const cluster = (id: string, name: string): string =>
      `subgraph cluster_${id} { label="${name}"; fontname="sans-serif"; style=rounded;`;
    expect(shape(toDot(picture))).toBe(`${parts(cluster, "}")} }`);
  });

  test("have names that can only be names, in text too", () => {
    for (const name of hostile) {
      const named = pictureOf(inputs, (i) => (i < 3 ? { group: name, around: [name] } : {}));
      expect(toDot(named).match(/subgraph/g)).toHaveLength(2);
      const unquoted = toDot(named).replaceAll(/"(?:[^"\\]|\\.)*"/gs, "");
      expect(unquoted.match(/[{}]/g)!.join("")).toBe("{{{}}}");
      expect(toMermaid(named).match(/^ *(subgraph|end)\b/gm)).toHaveLength(4);
    }
  });
});

describe("texts on cards", () => {
  test("fit the card", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 120 }), (name) => {
        const picture = pictureOf([[]], () => ({ name }));
        const face = faceOf(picture, drawingOf(picture).cards[0]!);
        expect(textWidth(face.label, nameFont)).toBeLessThanOrEqual(face.width - 38);
        expect(face.width).toBeLessThan(300);
      }),
    );
  });

  test("are cut between letters, never within one", () => {
    const family = "👩‍👩‍👧";
    const cut = fitText(family.repeat(30), 100, nameFont);
    expect(cut.length).toBeLessThan(family.length * 30);
    expect(family.repeat(30).startsWith(cut.slice(0, -1))).toBe(true);
    expect((cut.length - 1) % family.length).toBe(0);
  });
});

describe("colours", () => {
  test.each([
    ["light", light],
    ["dark", dark],
  ] as const)("can be told apart from their grounds: %s", (_, palette) => {
    for (const ground of [
      palette.page,
      palette.card,
      palette.frame[0],
      ...Object.values(palette.states).map(([back]) => back),
    ]) {
      expect(contrast(palette.text, ground)).toBeGreaterThan(7);
      expect(contrast(palette.muted, ground)).toBeGreaterThan(4.5);
    }
    for (const [, line] of Object.values(palette.states)) expect(contrast(line, palette.page)).toBeGreaterThan(3);
  });
});

/** As the Web Content Accessibility Guidelines have it. */
function contrast(a: string, b: string): number {
  const light = (colour: string) => {
    const [r, g, blue] = [1, 3, 5].map((i) => {
      const value = Number.parseInt(colour.slice(i, i + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue + 0.05;
  };
  const [x, y] = [light(a), light(b)];
  return Math.max(x, y) / Math.min(x, y);
}
