import dagre from "@dagrejs/dagre";
import { type Arrangement, cardGap, type Link, type Size } from "./geometry.ts";

/** Lets dagre choose layers, order and heights; how wide the layers are is left to us. */
export function arrangeWithDagre(cards: readonly Size[], links: readonly Link[]): Arrangement {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: cardGap, edgesep: 14, ranksep: 60, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [i, { width, height }] of cards.entries()) graph.setNode(String(i), { width, height });
  for (const { from, to } of links) graph.setEdge(String(from), String(to));
  dagre.layout(graph);
  const placed = cards.map((_, i) => graph.node(String(i)) as { x: number; y: number });
  // All of a rank have their middles above each other.
  const across = [...new Set(placed.map(({ x }) => x))].sort((a, b) => a - b);
  const layerAt = new Map(across.map((x, layer) => [x, layer]));
  const layers = placed.map(({ x }) => layerAt.get(x)!);
  return {
    layers,
    columns: cards.map(() => 0),
    middles: placed.map(({ y }) => y),
    lanes: links.map(({ from, to }) => {
      const { points } = graph.edge(String(from), String(to)) as { points: readonly { x: number; y: number }[] };
      return across.slice(layers[from]! + 1, layers[to]!).map((x) => heightAt(points, x));
    }),
  };
}

/** Where a line through these points, which go to the right, is at `x`. */
function heightAt(points: readonly { readonly x: number; readonly y: number }[], x: number): number {
  const next = points.findIndex((point) => point.x >= x);
  const b = points[next < 0 ? points.length - 1 : next]!;
  const a = points[next - 1] ?? b;
  return a.x === b.x ? b.y : a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
}
