import type { NodeKind } from "../core/node.ts";
import { formatNumber } from "../text/quantity.ts";
import { type Element, element } from "./element.ts";
import type { Picture } from "./model.ts";
import { iconOf, signs } from "./shapes.ts";
import { textWidth } from "./text-width.ts";
import { countStates, shownState, stateWords } from "./words.ts";

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
    ...countKinds(picture).map(([kind, count]) => ({
      class: "kind",
      text: `${kind} ${formatNumber(count)}`,
      sign: element("path", { class: "icon", d: iconOf(kind) }),
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

function countKinds({ nodes }: Picture): readonly (readonly [NodeKind, number])[] {
  const counts = new Map<NodeKind, number>();
  for (const { kind } of nodes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts];
}
