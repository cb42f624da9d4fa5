import { type Arrangement, cardGap, type FramePath, frameKey, frameRoom, type Link, type Size } from "./geometry.ts";
import { heightsOf } from "./heights.ts";
import { rowsFor, rowsOf } from "./layered.ts";
import { type Nest, nestOf } from "./nest.ts";
import { ordered } from "./order.ts";
import { layersOf, type Web, webOf } from "./web.ts";

/** Between tracks, downwards. */
const trackGap = 20;

/**
 * Lays out graphs whose cards are in frames, which may be in frames: a rectangle each, which no other card is in. The layers are those of
 * the whole graph; the frames within one lie in tracks below each other, several in one where they share no layer. Wires that leave a frame
 * pass layers between tracks.
 *
 * @param frames of each card: the frames that it is in
 */
export function arrangeInFrames(
  cards: readonly Size[],
  links: readonly Link[],
  frames: readonly FramePath[],
): Arrangement {
  const web = webOf(cards.length, links, closeLayers(cards.length, links, frames));
  const order = ordered(web);
  const nest = nestOf(web, order, links, frames);
  const unitOf = new Array<number>(web.layerOf.length).fill(0);
  for (const [i, vertices] of nest.units.entries()) for (const vertex of vertices) unitOf[vertex] = i;
  const inside = (lists: Web["before"]): Web["before"] =>
    lists.map((list, vertex) => list.filter((other) => unitOf[other] === unitOf[vertex]));
  const [before, after] = [inside(web.before), inside(web.after)];
  const counts = order.map((layer) => layer.filter((vertex) => vertex < cards.length).length);
  const most = rowsFor(counts, cards);
  const half = (vertex: number): number => (vertex < cards.length ? cards[vertex]!.height : cardGap) / 2;
  const columns = new Array<number>(cards.length).fill(0);
  const middles = new Array<number>(web.layerOf.length).fill(0);
  const layersIn = layersByUnit(order, unitOf, nest.units.length);
  const heights = new Map<string, { readonly top: number; readonly bottom: number }>();
  /** Where it ends that begins at `start`. */
  const setUnit = (unit: number, start: number): number => {
    const vertices = nest.units[unit]!;
    const rows = layersIn[unit]!.map(([layer, own]) => rowsOf(own, Math.ceil(counts[layer]! / most), cards, columns));
    const found = heightsOf(rows, before, after);
    const top = vertices.reduce((least, vertex) => Math.min(least, found[vertex]! - half(vertex)), Infinity);
    const bottom = vertices.reduce((lowest, vertex) => Math.max(lowest, found[vertex]! + half(vertex)), -Infinity);
    for (const vertex of vertices) middles[vertex] = found[vertex]! - top + start;
    return start + bottom - top;
  };
  const setNest = ({ tracks }: Nest, start: number): number => {
    let [at, end] = [start, start];
    for (const track of tracks) {
      // Cards beside a frame are as high as those in it.
      const [own, framed] = [track.filter(isUnit), track.filter((part): part is Nest => !isUnit(part))];
      const down = framed.length > 0 ? frameRoom.top : 0;
      end = Math.max(at, ...own.map((unit) => setUnit(unit, at + down)), ...framed.map((part) => setFrame(part, at)));
      at = end + trackGap;
    }
    return end;
  };
  const setFrame = (part: Nest, top: number): number => {
    const bottom = setNest(part, top + frameRoom.top) + frameRoom.bottom;
    heights.set(frameKey(part.path), { top, bottom });
    return bottom;
  };
  setNest(nest, 0);
  return {
    layers: web.layerOf.slice(0, cards.length),
    columns,
    middles: middles.slice(0, cards.length),
    lanes: web.bends.map((bends) => bends.map((bend) => middles[bend]!)),
    frames: heights,
  };
}

function isUnit(part: Nest | number): part is number {
  return typeof part === "number";
}

/** How much more a wire within a frame pulls than one between two. */
const pull = 4;

/**
 * The layers of cards, those of a frame close together: a card that nothing holds back stands just before its readers, and not where it
 * could stand first.
 */
function closeLayers(cards: number, links: readonly Link[], frames: readonly FramePath[]): readonly number[] {
  const layers = layersOf(cards, links);
  const readers: number[][] = Array.from({ length: cards }, () => []);
  const keys = frames.map(frameKey);
  const weight = new Array<number>(cards).fill(0);
  for (const { from, to } of links) {
    const strength = keys[from] === keys[to] ? pull : 1;
    readers[from]!.push(to);
    weight[from]! += strength;
    weight[to]! -= strength;
  }
  // What reads a card comes before it.
  const order = [...layers.keys()].sort((a, b) => layers[b]! - layers[a]!);
  for (const card of order) {
    if (readers[card]!.length === 0 || weight[card]! < 0) continue;
    layers[card] = readers[card]!.reduce((least, reader) => Math.min(least, layers[reader]!), Infinity) - 1;
  }
  // Layers that are empty now are none.
  const used = [...new Set(layers)].sort((a, b) => a - b);
  const numbers = new Map(used.map((layer, i) => [layer, i]));
  return layers.map((layer) => numbers.get(layer)!);
}

/** For each unit its layers, in their order, with their numbers. */
function layersByUnit(
  order: readonly (readonly number[])[],
  unitOf: readonly number[],
  units: number,
): readonly (readonly (readonly [layer: number, vertices: readonly number[]])[])[] {
  const found = Array.from({ length: units }, () => [] as (readonly [number, number[]])[]);
  for (const [layer, vertices] of order.entries()) {
    for (const [unit, own] of Map.groupBy(vertices, (vertex) => unitOf[vertex]!)) found[unit]!.push([layer, own]);
  }
  return found;
}
