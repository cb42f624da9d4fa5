import type { Band } from "./bands.ts";
import { type Arrangement, type Box, cardGap, columnGap, type Layer, type Link, type Point } from "./geometry.ts";

/** Between the ends of wires at one card. */
const portGap = 9;

/** How far from the card's corners the ends of wires stay. */
const portMargin = 9;

/** The way of each wire: level beside the cards of a layer, and free between layers. */
export function routesOf(
  boxes: readonly Box[],
  links: readonly Link[],
  { layers: layerOf, columns, lanes }: Arrangement,
  layers: readonly Layer[],
  bandOf: readonly Band[],
): readonly (readonly Point[])[] {
  const ways = links.map(({ from, to }, i) => {
    const a = boxes[from]!;
    const [start, end] = [layerOf[from]!, layerOf[to]!];
    const way: Point[] = [{ x: a.x + a.width, y: middleOf(a) }];
    const { across, down } = bandOf[start]!;
    // Out of a layer of several columns, below the row.
    if (columns[from]! < layers[start]!.columns.length - 1) {
      const y = a.y + a.height + cardGap / 2;
      way.push({ x: a.x + a.width + columnGap / 2, y }, { x: layers[start]!.right + across, y });
    }
    if (bandOf[start] === bandOf[end]) {
      for (const [k, y] of lanes[i]!.entries()) {
        const { left, right } = layers[start + 1 + k]!;
        way.push({ x: left + across, y: y + down }, { x: right + across, y: y + down });
      }
    } else {
      // To a later band: down beside the layer, back between the bands.
      const x = layers[start]!.right + across + 24;
      const back = layers[end]!.left + bandOf[end]!.across - 24;
      const y = bandOf[end]!.down - 32;
      way.push({ x, y }, { x: back, y });
    }
    const b = boxes[to]!;
    if (columns[to]! > 0) {
      const y = b.y - cardGap / 2;
      way.push({ x: layers[end]!.left + bandOf[end]!.across, y }, { x: b.x - columnGap / 2, y });
    }
    return way;
  });
  const ports = portsOf(boxes, links, ways);
  return links.map(({ to }, i) => [...ways[i]!, { x: boxes[to]!.x, y: ports[i]! }]);
}

/** Where each wire ends: spread over the card's side, in the order in which they come. */
function portsOf(
  boxes: readonly Box[],
  links: readonly Link[],
  ways: readonly (readonly Point[])[],
): readonly number[] {
  const ends: number[][] = boxes.map(() => []);
  for (const [i, { to }] of links.entries()) ends[to]!.push(i);
  const ports = new Array<number>(links.length).fill(0);
  for (const [card, wires] of ends.entries()) {
    const box = boxes[card]!;
    wires.sort((a, b) => ways[a]!.at(-1)!.y - ways[b]!.at(-1)!.y);
    const gap = Math.min(portGap, (box.height - 2 * portMargin) / Math.max(1, wires.length - 1));
    for (const [k, wire] of wires.entries()) ports[wire] = middleOf(box) + (k - (wires.length - 1) / 2) * gap;
  }
  return ports;
}

function middleOf({ y, height }: Box): number {
  return y + height / 2;
}
