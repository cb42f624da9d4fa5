import { type Band, bandsOf } from "./bands.ts";
import {
  type Arrangement,
  type Box,
  cardGap,
  columnGap,
  type Frame,
  type FramePath,
  frameKey,
  frameRoom,
  type Layer,
  type Layout,
  type Link,
  type Size,
} from "./geometry.ts";
import { routesOf } from "./routes.ts";

const leastLayerGap = 56;
const mostLayerGap = 170;

/** Says where an arrangement's layers are, side by side or, where they are many, in bands below each other. */
export function place(
  cards: readonly Size[],
  links: readonly Link[],
  arrangement: Arrangement,
  frames?: readonly FramePath[],
): Layout {
  if (cards.length === 0) return { boxes: [], routes: [], frames: [], width: 0, height: 0 };
  const deepest = frames?.reduce((most, path) => Math.max(most, path.length), 0) ?? 0;
  const layers = layersAcross(cards, links, arrangement, 2 * frameRoom.side * Math.max(0, deepest - 1));
  const { middles } = arrangement;
  let top = Infinity;
  let bottom = -Infinity;
  const reach = (y: number, half: number) => {
    top = Math.min(top, y - half);
    bottom = Math.max(bottom, y + half);
  };
  for (const [i, y] of middles.entries()) reach(y, cards[i]!.height / 2);
  for (const lanes of arrangement.lanes) for (const y of lanes) reach(y, cardGap / 2);
  // A frame cannot be broken.
  const isWhole = frames !== undefined;
  const bands = bandsOf(layers, links, arrangement.layers, isWhole ? Infinity : bottom - top);
  const bandOf: Band[] = layers.map((_, i) => bands.find(({ first, last }) => first <= i && i <= last)!);
  const boxes = cards.map(({ height }, i): Box => {
    const layer = arrangement.layers[i]!;
    const { left, right } = layers[layer]!.columns[arrangement.columns[i]!]!;
    const band = bandOf[layer]!;
    return {
      x: tidy(left + band.across),
      y: tidy(middles[i]! - height / 2 - top + band.down),
      width: tidy(right - left),
      height,
    };
  });
  const moved = { ...arrangement, lanes: arrangement.lanes.map((lanes) => lanes.map((y) => y - top)) };
  const framed = frames ? framesAround(boxes, frames, arrangement, -top) : [];
  return fitted(boxes, routesOf(boxes, links, moved, layers, bandOf), framed);
}

function layersAcross(
  cards: readonly Size[],
  links: readonly Link[],
  { layers, columns }: Arrangement,
  more: number,
): readonly Layer[] {
  const widths: number[][] = [];
  for (const [i, { width }] of cards.entries()) {
    while (widths.length <= layers[i]!) widths.push([]);
    const own = widths[layers[i]!]!;
    while (own.length <= columns[i]!) own.push(0);
    own[columns[i]!] = Math.max(own[columns[i]!]!, width);
  }
  // Where many wires go, they need room to bend.
  const wires = new Array<number>(widths.length).fill(0);
  for (const { to } of links) wires[layers[to]!]!++;
  let at = 0;
  return widths.map((own, i) => {
    if (i > 0) at += more + Math.min(mostLayerGap, leastLayerGap + 5 * Math.sqrt(Math.max(0, wires[i]! - 2)));
    const left = at;
    const placed = own.map((width, column) => {
      if (column > 0) at += columnGap;
      const from = at;
      at += width;
      return { left: from, right: at };
    });
    return { left, right: at, columns: placed };
  });
}

/** @param down what is added to heights of the arrangement */
function framesAround(
  boxes: readonly Box[],
  frames: readonly FramePath[],
  { frames: heights }: Arrangement,
  down: number,
): readonly Frame[] {
  const members = new Map<string, { readonly path: FramePath; left: number; right: number }>();
  for (const [card, path] of frames.entries()) {
    const { x, width } = boxes[card]!;
    for (let depth = 1; depth <= path.length; depth++) {
      const own = path.slice(0, depth);
      const known = members.get(frameKey(own)) ?? { path: own, left: Infinity, right: -Infinity };
      members.set(frameKey(own), known);
      // Around a card that is in further frames these have room.
      const side = frameRoom.side * (path.length - depth + 1);
      known.left = Math.min(known.left, x - side);
      known.right = Math.max(known.right, x + width + side);
    }
  }
  const outerFirst = [...members].sort(([, a], [, b]) => a.path.length - b.path.length);
  return outerFirst.map(([key, { path, left, right }]) => {
    const { top, bottom } = heights!.get(key)!;
    return { path, x: left, y: tidy(top + down), width: tidy(right - left), height: tidy(bottom - top) };
  });
}

/** Moves everything so that it begins at 0, and says how large it is. */
function fitted(boxes: readonly Box[], routes: Layout["routes"], frames: readonly Frame[]): Layout {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, width, height } of [...boxes, ...frames]) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + width);
    bottom = Math.max(bottom, y + height);
  }
  for (const route of routes) {
    for (const { x, y } of route) {
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x);
      bottom = Math.max(bottom, y);
    }
  }
  return {
    boxes: boxes.map((box) => ({ ...box, x: tidy(box.x - left), y: tidy(box.y - top) })),
    frames: frames.map((frame) => ({ ...frame, x: tidy(frame.x - left), y: tidy(frame.y - top) })),
    routes: routes.map((route) => route.map(({ x, y }) => ({ x: tidy(x - left), y: tidy(y - top) }))),
    width: Math.ceil(right - left),
    height: Math.ceil(bottom - top),
  };
}

/** To a tenth of a pixel. */
function tidy(value: number): number {
  return Math.round(value * 10) / 10;
}
