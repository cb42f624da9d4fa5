import { arrangeInFrames } from "./framed.ts";
import type { Arrangement, FramePath, Layout, Link, Size } from "./geometry.ts";
import { arrange } from "./layered.ts";
import { place } from "./place.ts";

/** Up to here a picture is laid out by dagre, whose time and stack grow faster than the graph. */
const mostForDagre = 240;

/** A layer of more cards than this is folded into several columns, which dagre does not do. */
const mostInColumn = 24;

/**
 * Lays a graph out from left to right. The links have no cycle.
 * @param frames of each card: the frames that it is in; no frames unless given
 */
export async function layOut(
  cards: readonly Size[],
  links: readonly Link[],
  frames?: readonly FramePath[],
): Promise<Layout> {
  if (frames) return place(cards, links, arrangeInFrames(cards, links, frames), frames);
  return place(cards, links, await arranged(cards, links));
}

async function arranged(cards: readonly Size[], links: readonly Link[]): Promise<Arrangement> {
  if (cards.length > 0 && cards.length + links.length / 2 <= mostForDagre) {
    const { arrangeWithDagre } = await import("./with-dagre.ts");
    const arrangement = arrangeWithDagre(cards, links);
    const counts = new Map<number, number>();
    for (const layer of arrangement.layers) counts.set(layer, (counts.get(layer) ?? 0) + 1);
    if (Math.max(...counts.values()) <= mostInColumn) return arrangement;
  }
  return arrange(cards, links);
}
