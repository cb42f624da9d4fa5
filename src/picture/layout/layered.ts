import { type Arrangement, cardGap, type Link, type Size } from "./geometry.ts";
import { heightsOf, type Row } from "./heights.ts";
import { ordered } from "./order.ts";
import { webOf } from "./web.ts";

/** Fewer rows than this are never folded into columns. */
const fewestRows = 16;

/** What a whole picture should be: so many times as wide as high. */
const wantedShape = 1.7;

/** About what a layer takes beside its cards, in pixels, to judge by. */
const layerGap = 90;

/** The room that a wire keeps to what is above it. */
const laneGap = 14;

/**
 * Lays out graphs of any size in layers, in time that grows about as they do. A layer of very many cards is folded into rows of
 * several, in its order from left to right.
 */
export function arrange(cards: readonly Size[], links: readonly Link[]): Arrangement {
  const web = webOf(cards.length, links);
  const order = ordered(web);
  const counts = order.map((layer) => layer.reduce((sum, vertex) => sum + (vertex < cards.length ? 1 : 0), 0));
  const rows = rowsFor(counts, cards);
  const columns = new Array<number>(cards.length).fill(0);
  const layers = order.map((layer, i) => {
    const width = Math.ceil(counts[i]! / rows);
    return rowsOf(layer, width, cards, columns);
  });
  const middles = heightsOf(layers, web.before, web.after);
  return {
    layers: web.layerOf.slice(0, cards.length),
    columns,
    middles: middles.slice(0, cards.length),
    lanes: web.bends.map((bends) => bends.map((bend) => middles[bend]!)),
  };
}

/** A layer's cards in rows of so many, and its bends each in a row of its own after the cards that are above them. */
export function rowsOf(
  layer: readonly number[],
  width: number,
  cards: readonly Size[],
  columns: number[],
): readonly Row[] {
  const rows: { vertices: number[]; height: number; gap: number }[] = [];
  let open: (typeof rows)[number] | undefined;
  let bends: number[] = [];
  const pass = () => {
    for (const bend of bends) rows.push({ vertices: [bend], height: 0, gap: laneGap });
    bends = [];
  };
  for (const vertex of layer) {
    if (vertex >= cards.length) {
      bends.push(vertex);
      if (!open) pass();
      continue;
    }
    if (!open) {
      pass();
      open = { vertices: [], height: 0, gap: width > 1 ? cardGap + 10 : cardGap };
      rows.push(open);
    }
    columns[vertex] = open.vertices.length;
    open.vertices.push(vertex);
    open.height = Math.max(open.height, cards[vertex]!.height);
    if (open.vertices.length === width) {
      open = undefined;
      pass();
    }
  }
  pass();
  return rows;
}

/** How many rows a layer may have, so that the picture gets a good shape. */
export function rowsFor(counts: readonly number[], cards: readonly Size[]): number {
  const width = cards.reduce((sum, card) => sum + card.width, 0) / Math.max(1, cards.length) + 40;
  const height = cards.reduce((most, card) => Math.max(most, card.height), 0) + cardGap;
  const tallest = Math.max(0, ...counts);
  let best = tallest;
  let least = Infinity;
  for (let rows = fewestRows; rows < tallest * 1.25; rows = Math.ceil(rows * 1.25)) {
    const across = counts.reduce((sum, count) => sum + Math.ceil(count / rows) * width + layerGap, 0);
    const shape = Math.abs(Math.log(across / (Math.min(rows, tallest) * height) / wantedShape));
    if (shape < least) [best, least] = [rows, shape];
  }
  return Math.max(1, best);
}
