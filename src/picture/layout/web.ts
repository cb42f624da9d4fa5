import type { Link } from "./geometry.ts";

/** What is ordered in each layer: cards, and bends, where wires pass that go on to a later layer. */
export interface Web {
  /** The first vertices are the cards; those after them are bends. */
  readonly cards: number;
  /** Layer of each vertex. */
  readonly layerOf: readonly number[];
  /** Vertices of each layer. */
  readonly layers: readonly (readonly number[])[];
  /** Neighbours of each vertex in the layer before and in the layer after. */
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  /** The bends that each link goes through. */
  readonly bends: readonly (readonly number[])[];
}

/** With more bends than this, links that pass many layers go straight: time and memory would grow with layers times links. */
const mostBends = 20_000;
const longestBent = 12;

/**
 * Puts each card into the layer after the last that it reads from, cards that read nothing as near to their readers as can be, and
 * bends where links pass a layer. All links that leave a card share its bends: one lane each layer, however many read it.
 *
 * @param layers of the cards, where they are known already
 */
export function webOf(cards: number, links: readonly Link[], layers?: readonly number[]): Web {
  const layerOf = layers ? [...layers] : layersOf(cards, links);
  const spans = new Array<number>(cards).fill(0);
  const measure = (longest: number): number => {
    spans.fill(0);
    for (const { from, to } of links) {
      const span = layerOf[to]! - layerOf[from]! - 1;
      if (span <= longest) spans[from] = Math.max(spans[from]!, span);
    }
    return spans.reduce((sum, span) => sum + span, 0);
  };
  const isBent = measure(Infinity) > mostBends ? (span: number) => span <= longestBent : () => true;
  if (!isBent(Infinity)) measure(longestBent);
  const firstBend: number[] = [];
  for (let card = 0; card < cards; card++) {
    firstBend.push(layerOf.length);
    for (let i = 1; i <= spans[card]!; i++) layerOf.push(layerOf[card]! + i);
  }
  const before: number[][] = layerOf.map(() => []);
  const after: number[][] = layerOf.map(() => []);
  const join = (from: number, to: number) => {
    after[from]!.push(to);
    before[to]!.push(from);
  };
  for (let card = 0; card < cards; card++) {
    for (let i = 0; i < spans[card]!; i++) join(i === 0 ? card : firstBend[card]! + i - 1, firstBend[card]! + i);
  }
  const bends = links.map(({ from, to }) => {
    const span = layerOf[to]! - layerOf[from]! - 1;
    if (!isBent(span)) return [];
    const passed = Array.from({ length: span }, (_, i) => firstBend[from]! + i);
    join(passed.at(-1) ?? from, to);
    return passed;
  });
  const byLayer: number[][] = [];
  for (const [vertex, layer] of layerOf.entries()) {
    while (byLayer.length <= layer) byLayer.push([]);
    byLayer[layer]!.push(vertex);
  }
  return { cards, layerOf, layers: byLayer, before, after, bends };
}

/** Cards by layer: each at its longest path from a card that reads nothing; then sources are moved up to their readers. */
export function layersOf(cards: number, links: readonly Link[]): number[] {
  const layers = new Array<number>(cards).fill(0);
  const waits = new Array<number>(cards).fill(0);
  const readers: number[][] = Array.from({ length: cards }, () => []);
  for (const { from, to } of links) {
    waits[to]!++;
    readers[from]!.push(to);
  }
  const isSource = waits.map((count) => count === 0);
  const order = [...waits.keys()].filter((card) => isSource[card]);
  for (const card of order) {
    for (const reader of readers[card]!) {
      layers[reader] = Math.max(layers[reader]!, layers[card]! + 1);
      if (--waits[reader]! === 0) order.push(reader);
    }
  }
  for (const card of order) {
    if (!isSource[card] || readers[card]!.length === 0) continue;
    layers[card] = readers[card]!.reduce((least, reader) => Math.min(least, layers[reader]!), Infinity) - 1;
  }
  return layers;
}
