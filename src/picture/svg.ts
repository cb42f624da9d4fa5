import { type Element, element, toXml } from "./element.ts";
import { type DrawingChoice, drawingOf } from "./fold.ts";
import { legendOf } from "./legend.ts";
import type { Picture } from "./model.ts";
import { cardElements, frameElements, type Scene, sceneOf, wireElements } from "./scene.ts";
import { type Font, fitText, textWidth } from "./text-width.ts";
import { pictureCss, type Theme } from "./theme.ts";
import { describeParts, describePicture } from "./words.ts";

const margin = 28;
const leastWidth = 420;
const headHeight = 64;
const legendGap = 28;
const noteHeight = 16;
const noteFont: Font = { size: 11 };

/**
 * The picture as an SVG document by itself: no script, nothing loaded from elsewhere, in the reader's light or dark colours. The
 * same picture gives the same bytes.
 */
export async function toSvg(
  picture: Picture,
  choice: DrawingChoice & { readonly theme?: Theme } = {},
): Promise<string> {
  const scene = await sceneOf(picture, drawingOf(picture, choice));
  return `${toXml(svgElement(picture, scene, choice.theme ?? "reader"))}\n`;
}

function svgElement(picture: Picture, scene: Scene, theme: Theme): Element {
  const { layout } = scene;
  const inner = Math.max(leastWidth, layout.width);
  const legend = legendOf(picture, inner);
  const summary = describePicture(picture);
  const width = Math.ceil(inner + 2 * margin);
  const below = legend.height > 0 ? legendGap + legend.height : 0;
  const notes = notesOf(picture, inner);
  const top = headHeight + (notes.length - 1) * noteHeight;
  const height = Math.ceil(top + margin + layout.height + below + margin);
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
    element("style", {}, pictureCss(theme)),
    element("rect", { class: "page", width, height, rx: 10 }),
    element("text", { class: "title", x: margin, y: 40 }, fitText(picture.title, inner, { size: 18, bold: true })),
    ...notes.map((note, i) =>
      element("text", { class: "note", x: margin, y: 60 + i * noteHeight }, fitText(note, inner, noteFont)),
    ),
    element(
      "g",
      { transform: `translate(${margin + (inner - layout.width) / 2} ${top + margin})` },
      ...sceneElements(scene),
    ),
    element("g", { transform: `translate(${margin} ${height - margin - legend.height})` }, ...legend.elements),
  );
}

/** What the picture shows, on as few lines as that fits on. */
function notesOf(picture: Picture, width: number): readonly string[] {
  const [first = "", ...others] = describeParts(picture);
  const notes = [first];
  for (const part of others) {
    const longer = `${notes.at(-1)} · ${part}`;
    if (textWidth(longer, noteFont) <= width) notes[notes.length - 1] = longer;
    else notes.push(part);
  }
  return notes;
}

/** Frames below, then wires, cards above. */
export function sceneElements(scene: Scene): readonly Element[] {
  return [
    element("g", { class: "frames" }, ...frameElements(scene)),
    element("g", { class: "wires" }, ...wireElements(scene)),
    element("g", { class: "cards" }, ...cardElements(scene)),
  ];
}
