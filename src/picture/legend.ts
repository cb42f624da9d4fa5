import { formatNumber } from "../text/quantity.ts";
import { type Element, element } from "./element.ts";
import type { Picture, PictureNode } from "./model.ts";
import { iconOf, signs } from "./shapes.ts";
import { textWidth } from "./text-width.ts";
import { countStates, kindWord, shownState, stateWords } from "./words.ts";

const font = { size: 11 };
const lineHeight = 24;
const itemGap = 20;

/** Signs of what is in the picture, with how many there are, in lines of a width; and how high these are. */
export function legendOf(
  picture: Picture,
  width: number,
): { readonly elements: readonly Element[]; readonly height: number } {
  const items = [
    ...countStates(picture.nodes.map(shownState)).map(([status, count]) => ({
      class: status,
      text: `${stateWords[status]} ${formatNumber(count)}`,
      sign: element(
        "g",
        { class: "sign" },
        element("circle", { cx: 8, cy: 8, r: 8 }),
        element("path", { d: signs[status] }),
      ),
    })),
    ...[...countKinds(picture)].map(([word, { node, count }]) => ({
      class: "kind",
      text: `${word} ${formatNumber(count)}`,
      sign: element("path", { class: "icon", d: iconOf(node) }),
    })),
  ];
  let x = 0;
  let y = 0;
  const elements = items.map(({ class: name, text, sign }) => {
    const room = 22 + Math.ceil(textWidth(text, font));
    if (x > 0 && x + room > width) [x, y] = [0, y + lineHeight];
    const item = element(
      "g",
      { class: name, transform: `translate(${x} ${y})` },
      sign,
      element("text", { class: "note", x: 22, y: 12 }, text),
    );
    x += room + itemGap;
    return item;
  });
  return { elements, height: items.length === 0 ? 0 : y + 16 };
}

/** By word, one node of each and how many there are. */
export function countKinds({ nodes }: Picture): ReadonlyMap<string, { readonly node: PictureNode; count: number }> {
  const counts = new Map<string, { readonly node: PictureNode; count: number }>();
  for (const node of nodes) {
    const known = counts.get(kindWord(node));
    if (known) known.count += 1;
    else counts.set(kindWord(node), { node, count: 1 });
  }
  return counts;
}
