import type { Web } from "./web.ts";

/** Sweeps over all layers: more of them help little, and large graphs take less. */
const sweeps = 12;
const sweepsWhenLarge = 5;
const large = 5_000;

/**
 * The order of each layer's vertices, downwards, with few crossings: again and again each goes to the mean place of its
 * neighbours (Sugiyama, Tagawa and Toda, 1981), and the best order that came about is taken.
 */
export function ordered(web: Web): readonly (readonly number[])[] {
  let layers = web.layers.map((layer) => [...layer]);
  const places = new Array<number>(web.layerOf.length).fill(0);
  const settle = (layer: readonly number[]) => {
    for (const [place, vertex] of layer.entries()) places[vertex] = place;
  };
  for (const layer of layers) settle(layer);
  const sortBy = (layer: number[], neighbours: Web["before"]) => {
    const wanted = new Map(layer.map((vertex) => [vertex, mean(neighbours[vertex]!, places) ?? places[vertex]!]));
    layer.sort((a, b) => wanted.get(a)! - wanted.get(b)!);
    settle(layer);
  };
  let best = layers;
  let fewest = Infinity;
  const most = web.layerOf.length > large ? sweepsWhenLarge : sweeps;
  for (let sweep = 0; sweep < most && fewest > 0; sweep++) {
    for (const layer of layers) sortBy(layer, web.before);
    for (const layer of layers.toReversed()) sortBy(layer, web.after);
    for (const layer of layers) sortBy(layer, web.before);
    const count = crossings(layers, web.after, places);
    if (count >= fewest) continue;
    fewest = count;
    best = layers;
    layers = layers.map((layer) => [...layer]);
  }
  return best;
}

function mean(vertices: readonly number[], places: readonly number[]): number | undefined {
  if (vertices.length === 0) return undefined;
  let sum = 0;
  for (const vertex of vertices) sum += places[vertex]!;
  return sum / vertices.length;
}

/** How many wires cross, counted with a tree of sums (Barth, Jünger and Mutzel, 2002). */
export function crossings(
  layers: readonly (readonly number[])[],
  after: Web["after"],
  places: readonly number[],
): number {
  let count = 0;
  for (const [i, layer] of layers.entries()) {
    const size = layers[i + 1]?.length ?? 0;
    if (size === 0) continue;
    const tree = new Int32Array(size + 1);
    let seen = 0;
    for (const vertex of layer) {
      const ends = after[vertex]!.map((next) => places[next]!).sort((a, b) => a - b);
      for (const end of ends) {
        let notBelow = 0;
        for (let at = end + 1; at > 0; at -= at & -at) notBelow += tree[at]!;
        count += seen - notBelow;
      }
      for (const end of ends) for (let at = end + 1; at <= size; at += at & -at) tree[at]!++;
      seen += ends.length;
    }
  }
  return count;
}
