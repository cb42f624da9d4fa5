import { type Arrangement, cardGap, frameRoom, type Link, type Size } from "./geometry.ts";
import { heightsOf } from "./heights.ts";
import { rowsFor, rowsOf } from "./layered.ts";
import { ordered } from "./order.ts";
import { layersOf, type Web, webOf } from "./web.ts";

/** Between tracks, downwards. */
const trackGap = 20;

/** Cards of one frame, or those that are in none. */
interface Part {
  readonly cards: readonly number[];
  readonly isFramed: boolean;
  readonly first: number;
  readonly last: number;
  /** Where its cards are in the order of their layers, from 0 to 1. */
  readonly place: number;
}

/**
 * Lays out graphs whose cards are in frames: a rectangle each, which no other card is in. The layers are those of the whole graph; the
 * frames lie in tracks below each other, several in one where they share no layer. Wires that leave a frame pass layers between tracks.
 *
 * @param frames of each card: which frame it is in
 */
export function arrangeInFrames(
  cards: readonly Size[],
  links: readonly Link[],
  frames: readonly (string | undefined)[],
): Arrangement {
  const web = webOf(cards.length, links, closeLayers(cards.length, links, frames));
  const order = ordered(web);
  const units = unitsOf(web, order, links, frames);
  const unitOf = new Array<number>(web.layerOf.length).fill(0);
  for (const [i, { vertices }] of units.entries()) for (const vertex of vertices) unitOf[vertex] = i;
  const inside = (lists: Web["before"]): Web["before"] =>
    lists.map((list, vertex) => list.filter((other) => unitOf[other] === unitOf[vertex]));
  const [before, after] = [inside(web.before), inside(web.after)];
  const counts = order.map((layer) => layer.filter((vertex) => vertex < cards.length).length);
  const most = rowsFor(counts, cards);
  const half = (vertex: number): number => (vertex < cards.length ? cards[vertex]!.height : cardGap) / 2;
  const columns = new Array<number>(cards.length).fill(0);
  const middles = new Array<number>(web.layerOf.length).fill(0);
  const layersIn = layersByUnit(order, unitOf, units.length);
  let at = 0;
  for (const track of Map.groupBy(units.keys(), (unit) => units[unit]!.track).values()) {
    let below = at;
    for (const unit of track) {
      const { vertices, isFramed } = units[unit]!;
      const rows = layersIn[unit]!.map(([layer, own]) => rowsOf(own, Math.ceil(counts[layer]! / most), cards, columns));
      const found = heightsOf(rows, before, after);
      const top = vertices.reduce((least, vertex) => Math.min(least, found[vertex]! - half(vertex)), Infinity);
      const bottom = vertices.reduce((lowest, vertex) => Math.max(lowest, found[vertex]! + half(vertex)), -Infinity);
      const start = at + (isFramed ? frameRoom.top : 0);
      for (const vertex of vertices) middles[vertex] = found[vertex]! - top + start;
      below = Math.max(below, start + bottom - top + (isFramed ? frameRoom.bottom : 0));
    }
    at = below + trackGap;
  }
  return {
    layers: web.layerOf.slice(0, cards.length),
    columns,
    middles: middles.slice(0, cards.length),
    lanes: web.bends.map((bends) => bends.map((bend) => middles[bend]!)),
  };
}

/** How much more a wire within a frame pulls than one between two. */
const pull = 4;

/**
 * The layers of cards, those of a frame close together: a card that nothing holds back stands just before its readers, and not where it
 * could stand first.
 */
function closeLayers(
  cards: number,
  links: readonly Link[],
  frames: readonly (string | undefined)[],
): readonly number[] {
  const layers = layersOf(cards, links);
  const readers: number[][] = Array.from({ length: cards }, () => []);
  const weight = new Array<number>(cards).fill(0);
  for (const { from, to } of links) {
    const strength = frames[from] === frames[to] ? pull : 1;
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

/** What has heights of its own: a part with the bends of its wires, or the bends between two tracks. */
interface Unit {
  readonly track: number;
  readonly vertices: readonly number[];
  readonly isFramed: boolean;
}

/** In the order of their tracks: those of cards have odd numbers, and what lies between them even ones. */
function unitsOf(
  web: Web,
  order: readonly (readonly number[])[],
  links: readonly Link[],
  frames: readonly (string | undefined)[],
): readonly Unit[] {
  const tracks = near(packed(partsOf(web, order, frames)), links);
  const units = tracks.flatMap((track, i) =>
    track.map(({ cards, isFramed }) => ({ track: 2 * i + 1, vertices: [...cards], isFramed })),
  );
  const unitOf = new Map(units.flatMap((unit) => unit.vertices.map((card) => [card, unit] as const)));
  const between = Array.from({ length: tracks.length + 1 }, (_, i) => ({
    track: 2 * i,
    vertices: [] as number[],
    isFramed: false,
  }));
  const bent = new Map<number, { bends: Set<number>; ends: number[] }>();
  for (const [i, { from, to }] of links.entries()) {
    const own = web.bends[i]!;
    if (own.length === 0) continue;
    const known = bent.get(from) ?? { bends: new Set(), ends: [] };
    bent.set(from, known);
    for (const bend of own) known.bends.add(bend);
    known.ends.push(to);
  }
  for (const [card, { bends, ends }] of bent) {
    const unit = unitOf.get(card)!;
    const mean = ends.reduce((sum, end) => sum + unitOf.get(end)!.track, 0) / ends.length;
    const isInside = ends.every((end) => unitOf.get(end) === unit);
    const beside = between[(unit.track + (mean < unit.track ? -1 : 1)) / 2]!;
    (isInside ? unit : beside).vertices.push(...bends);
  }
  return [...units, ...between].filter(({ vertices }) => vertices.length > 0).sort((a, b) => a.track - b.track);
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

function partsOf(
  web: Web,
  order: readonly (readonly number[])[],
  frames: readonly (string | undefined)[],
): readonly Part[] {
  const places = new Map(
    order.flatMap((layer) => layer.map((vertex, i) => [vertex, (i + 0.5) / layer.length] as const)),
  );
  return [...Map.groupBy(frames.keys(), (card) => frames[card])].map(([frame, cards]): Part => {
    const layers = cards.map((card) => web.layerOf[card]!);
    return {
      cards,
      isFramed: frame !== undefined,
      first: layers.reduce((least, layer) => Math.min(least, layer)),
      last: layers.reduce((most, layer) => Math.max(most, layer)),
      place: cards.reduce((sum, card) => sum + places.get(card)!, 0) / cards.length,
    };
  });
}

/** Parts that have no layer in common may share a track: each goes to the nearest that has room. */
function packed(parts: readonly Part[]): readonly (readonly Part[])[] {
  const tracks: Part[][] = [];
  for (const part of parts.toSorted((a, b) => a.first - b.first || a.place - b.place)) {
    let nearest: Part[] | undefined;
    for (const track of part.isFramed ? tracks : []) {
      const hasRoom = track.every(({ first, last, isFramed }) => isFramed && (last < part.first || part.last < first));
      if (hasRoom && (!nearest || distance(track, part) < distance(nearest, part))) nearest = track;
    }
    if (nearest) nearest.push(part);
    else tracks.push([part]);
  }
  return tracks.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** More tracks than this stay in the order that they have. */
const mostMoved = 64;

/** Tracks in an order in which wires between them are short: two neighbours change places as long as that helps. */
function near(tracks: readonly (readonly Part[])[], links: readonly Link[]): readonly (readonly Part[])[] {
  if (tracks.length > mostMoved) return tracks;
  const trackOf = new Map(
    tracks.flatMap((track, i) => track.flatMap(({ cards }) => cards.map((card) => [card, i] as const))),
  );
  const wires = tracks.map(() => new Array<number>(tracks.length).fill(0));
  for (const { from, to } of links) {
    const [a, b] = [trackOf.get(from)!, trackOf.get(to)!];
    wires[a]![b]! += 1;
    wires[b]![a]! += 1;
  }
  const order = [...tracks.keys()];
  // How much longer the wires of `a` and `b`, neighbours at `i`, would be the other way round.
  const loss = (i: number): number => {
    const [a, b] = [order[i]!, order[i + 1]!];
    let sum = 0;
    for (const [k, other] of order.entries()) {
      if (k === i || k === i + 1) continue;
      sum += (wires[a]![other]! - wires[b]![other]!) * (k < i ? 1 : -1);
    }
    return sum;
  };
  for (let moved = true; moved; ) {
    moved = false;
    for (let i = 0; i + 1 < order.length; i++) {
      if (loss(i) >= 0) continue;
      [order[i], order[i + 1]] = [order[i + 1]!, order[i]!];
      moved = true;
    }
  }
  return order.map((track) => tracks[track]!);
}

function distance(track: readonly Part[], { place }: Part): number {
  return Math.abs(placeOf(track) - place);
}

function placeOf(track: readonly Part[]): number {
  return track.reduce((sum, { place }) => sum + place, 0) / track.length;
}
