import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import { draw, formatByEnding } from "../../src/picture/draw.ts";
import { toPng } from "../../src/picture/png.ts";
import { toSvg } from "../../src/picture/svg.ts";
import { dark, light } from "../../src/picture/theme.ts";
import { pictureOf, shapes } from "./pictures.ts";

/** Width and height, as the header of a PNG has them. */
function sizeOf(png: Uint8Array): readonly [number, number] {
  const view = Buffer.from(png);
  expect(view.subarray(1, 4).toString()).toBe("PNG");
  return [view.readUInt32BE(16), view.readUInt32BE(20)];
}

/** Whether a machine has any font at all. */
const hasFonts =
  new Resvg('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">x</text></svg>').getBBox() !==
  undefined;

describe("a picture as PNG", () => {
  test.skipIf(!hasFonts)("is as large as the SVG times its scale, and has its words", async () => {
    const svg = await toSvg(pictureOf(shapes.chain(3)), { theme: "light" });
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number) as [number, number, number];
    expect(sizeOf(await toPng(svg, { scale: 1 }))).toEqual([width, height]);
    expect(sizeOf(await toPng(svg))).toEqual([2 * width, 2 * height]);
    const wordless = await toPng(svg.replaceAll(/<text .*?<\/text>/g, ""), { scale: 1 });
    expect((await toPng(svg, { scale: 1 })).length).toBeGreaterThan(wordless.length + 500);
  });

  test.skipIf(!hasFonts)("is never larger than what programs show", async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="300"><text y="9">x</text></svg>';
    const [width, height] = sizeOf(await toPng(svg));
    expect(width).toBeLessThanOrEqual(16_000);
    expect(height).toBe(160);
  });

  test("says so where there is no font, and draws nothing without words", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "sluice-no-fonts-"));
    try {
      const svg = await toSvg(pictureOf([[]]), { theme: "light" });
      const error = await toPng(svg, { fontFolders: [folder] }).catch((thrown: unknown) => thrown);
      expect(failureOf(error)).toMatchObject({
        reason: "unsupported-format",
        message: expect.stringContaining("needs a font"),
        hint: expect.stringContaining("fonts-dejavu-core"),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("drawing", () => {
  test("themes have their own colours only; without one the reader's count", async () => {
    const picture = pictureOf([[]]);
    const [byReader, atDay, atNight] = await Promise.all(
      [{}, { theme: "light" }, { theme: "dark" }].map(async (options) =>
        String(await draw(picture, "svg", options as object)),
      ),
    );
    expect(byReader).toContain("prefers-color-scheme");
    expect(atDay).not.toContain("prefers-color-scheme");
    expect([atDay, atNight].map((svg) => [light.page, dark.page].map((page) => svg!.includes(page)))).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  test("endings say formats", () => {
    expect(["a.SVG", "b/c.png", "d.htm", "e.mmd", "f.gv", "g", "h.constructor"].map(formatByEnding)).toEqual([
      "svg",
      "png",
      "html",
      "mermaid",
      "dot",
      undefined,
      undefined,
    ]);
  });
});
