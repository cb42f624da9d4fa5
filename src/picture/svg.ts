import { type Element, element, toXml } from "./element.ts";
import { type DrawingChoice, drawingOf } from "./fold.ts";
import { legendOf } from "./legend.ts";
import type { Picture } from "./model.ts";
import { cardElements, type Scene, sceneOf, wireElements } from "./scene.ts";
import { fitText } from "./text-width.ts";
import { pictureCss } from "./theme.ts";
import { describePicture } from "./words.ts";

const margin = 28;
const leastWidth = 420;
const headHeight = 64;
const legendGap = 28;

/**
 * The picture as an SVG document by itself: no script, nothing loaded from elsewhere, in the reader's light or dark colours. The
 * same picture gives the same bytes.
 */
export async function toSvg(picture: Picture, choice: DrawingChoice = {}): Promise<string> {
  const scene = await sceneOf(picture, drawingOf(picture, choice));
  return `${toXml(svgElement(picture, scene))}\n`;
}

function svgElement(picture: Picture, scene: Scene): Element {
  const { layout } = scene;
  const inner = Math.max(leastWidth, layout.width);
  const legend = legendOf(picture, inner);
  const summary = describePicture(picture);
  const width = Math.ceil(inner + 2 * margin);
  const below = legend.height > 0 ? legendGap + legend.height : 0;
  const height = Math.ceil(headHeight + margin + layout.height + below + margin);
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "sluice",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-labelledby": "sluice-title sluice-summary",
    },
    element("title", { id: "sluice-title" }, picture.title),
    element("desc", { id: "sluice-summary" }, summary),
    element("style", {}, pictureCss()),
    element("rect", { class: "page", width, height, rx: 10 }),
    element("text", { class: "title", x: margin, y: 40 }, fitText(picture.title, inner, { size: 18, bold: true })),
    element("text", { class: "note", x: margin, y: 60 }, fitText(summary, inner, { size: 11 })),
    element(
      "g",
      { transform: `translate(${margin + (inner - layout.width) / 2} ${headHeight + margin})` },
      ...sceneElements(scene),
    ),
    element("g", { transform: `translate(${margin} ${height - margin - legend.height})` }, ...legend.elements),
  );
}

/** Wires below, cards above. */
export function sceneElements(scene: Scene): readonly Element[] {
  return [
    element("g", { class: "wires" }, ...wireElements(scene)),
    element("g", { class: "cards" }, ...cardElements(scene)),
  ];
}
