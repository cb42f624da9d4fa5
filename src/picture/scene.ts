import { cardShape, type Face, faceOf } from "./card.ts";
import { wirePath } from "./curve.ts";
import { type Element, element } from "./element.ts";
import { type Drawing, framesOf } from "./fold.ts";
import type { Box, Layout } from "./layout/geometry.ts";
import { layOut } from "./layout/layout.ts";
import type { Picture } from "./model.ts";
import { iconOf, outlineOf, signs } from "./shapes.ts";
import { type Font, fitText } from "./text-width.ts";

/** A drawing with everything in its place. */
export interface Scene {
  readonly drawing: Drawing;
  readonly faces: readonly Face[];
  readonly layout: Layout;
}

/** How far a stack's lower sheets stand out. */
const sheet = 4;

const groupFont: Font = { size: 11, bold: true };

/** Wires have their names as tooltips while there are no more than this. */
const mostTitledWires = 2_000;

export async function sceneOf(picture: Picture, drawing: Drawing): Promise<Scene> {
  const frames = framesOf(picture, drawing);
  const faces = drawing.cards.map((card, i) => faceOf(picture, card, frames?.[i]?.at(-1)));
  return { drawing, faces, layout: await layOut(faces, drawing.wires, frames) };
}

/** The frames of a scene: one group each. */
export function frameElements({ layout }: Scene): readonly Element[] {
  return layout.frames.map(({ path, x, y, width, height }) => {
    const name = path.at(-1)!;
    return element(
      "g",
      { class: path.length % 2 === 0 ? "frame within" : "frame", transform: `translate(${x} ${y})` },
      element("title", {}, name),
      element("rect", { width, height, rx: 10 }),
      element("text", { class: "group", x: 14, y: 19 }, fitText(name, width - 28, groupFont)),
    );
  });
}

/** The wires of a scene, in their order: one path each. */
export function wireElements({ drawing, faces, layout }: Scene): readonly Element[] {
  const titled = drawing.wires.length <= mostTitledWires;
  return drawing.wires.map(({ from, to, labels }, i) => {
    const title = [`${faces[from]!.label} → ${faces[to]!.label}`, ...(labels.length > 0 ? [labels.join(", ")] : [])];
    const path = { class: "wire", d: wirePath(layout.routes[i]!) };
    return titled ? element("path", path, element("title", {}, title.join(": "))) : element("path", path);
  });
}

/** The cards of a scene, in their order: one group each. */
export function cardElements({ faces, layout }: Scene): readonly Element[] {
  return faces.map((face, i) => cardElement(face, layout.boxes[i]!));
}

function cardElement(face: Face, { x, y, width, height }: Box): Element {
  const { kind, role, label, detail, status, count, counts, title } = face;
  const outline = outlineOf(kind, width, height);
  const sheets = count > 1 ? [2, 1] : kind === "map" ? [1] : [];
  const middle = height / 2;
  // Room for the bar of a stack, or of a map's items.
  const line = middle - (counts.length > 0 || count > 1 ? 2 : 0);
  return element(
    "g",
    { class: `card ${status ?? (role === "override" ? "override" : "plain")}`, transform: `translate(${x} ${y})` },
    element("title", {}, title),
    ...sheets.map((n) =>
      element("path", { class: "box", d: outline, transform: `translate(${n * sheet} ${n * sheet})` }),
    ),
    element("path", { class: "box", d: outline }),
    ...(counts.length > 0 ? barElements(face, width, height) : []),
    element("path", { class: "icon", d: iconOf(face), transform: `translate(${cardShape.icon} ${middle - 8})` }),
    element("text", { class: "name", x: cardShape.text, y: line - 3 }, label),
    element("text", { class: "detail", x: cardShape.text, y: line + 13 }, detail),
    ...(status === undefined
      ? []
      : [
          element(
            "g",
            { class: "sign", transform: `translate(${width - cardShape.end - cardShape.sign} ${middle - 8})` },
            element("circle", { cx: 8, cy: 8, r: 8 }),
            element("path", { d: signs[status] }),
          ),
        ]),
  );
}

/** How the states of a stack's members, or of a map's items, are to each other: a bar along its lower edge, in which even one of a thousand is seen. */
function barElements({ counts }: Face, width: number, height: number): readonly Element[] {
  const count = counts.reduce((sum, [, many]) => sum + many, 0);
  const margin = 10;
  const least = 4;
  const unit = (width - 2 * margin - least * counts.length) / count;
  let x = margin;
  return counts.map(([status, many]) => {
    const room = least + many * unit;
    const part = element("rect", { class: `bar ${status}`, x: tidy(x), y: height - 6, width: tidy(room), height: 3 });
    x += room;
    return part;
  });
}

/** To a tenth of a pixel. */
function tidy(value: number): number {
  return Math.round(value * 10) / 10;
}
