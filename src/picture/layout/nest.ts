import { type FramePath, frameKey, type Link, sharedDepth } from "./geometry.ts";
import { type Part, tracksOf } from "./tracks.ts";
import type { Web } from "./web.ts";

/** What is in a frame, or in the whole picture. */
export interface Nest {
  readonly path: FramePath;
  /** From the top: what lies side by side is a frame or a unit, by its position among these. */
  readonly tracks: readonly (readonly (Nest | number)[])[];
}

/** A whole picture. */
export interface WholeNest extends Nest {
  /** What has heights of its own: cards that one frame has itself, with the bends of their wires, or the bends between two tracks. */
  readonly units: readonly (readonly number[])[];
}

/** A frame before its tracks have units. */
interface Open extends Part {
  readonly path: FramePath;
  /** Absent for the cards that a frame has itself. */
  readonly tracks?: readonly (readonly Open[])[];
}

/** Cards, and the bends of wires, by the frames that they are in. */
export function nestOf(
  web: Web,
  order: readonly (readonly number[])[],
  links: readonly Link[],
  frames: readonly FramePath[],
): WholeNest {
  const places = new Map(
    order.flatMap((layer) => layer.map((vertex, i) => [vertex, (i + 0.5) / layer.length] as const)),
  );
  const partOf = (cards: readonly number[]): Part => {
    const layers = cards.map((card) => web.layerOf[card]!);
    return {
      cards,
      first: layers.reduce((least, layer) => Math.min(least, layer), Infinity),
      last: layers.reduce((most, layer) => Math.max(most, layer), 0),
      place: cards.reduce((sum, card) => sum + places.get(card)!, 0) / cards.length,
    };
  };
  const open = (path: FramePath, cards: readonly number[]): Open => {
    const depth = path.length;
    const parts = [...Map.groupBy(cards, (card) => frames[card]![depth])].map(([name, own]): Open => {
      return name === undefined ? { ...partOf(own), path } : open([...path, name], own);
    });
    return { ...partOf(cards), path, tracks: tracksOf(parts, links) };
  };
  const whole = open([], [...frames.keys()]);
  return withUnits(whole, bendsByLane(whole, web, links, frames));
}

/** A lane between two tracks of a frame, or within the cards that a frame has itself. */
function laneKey(path: FramePath, lane: number | "own"): string {
  return `${lane} ${frameKey(path)}`;
}

/** In which lane the wires of each card that pass layers do so: all wires of a card share their bends. */
function bendsByLane(
  whole: Open,
  web: Web,
  links: readonly Link[],
  frames: readonly FramePath[],
): ReadonlyMap<string, readonly number[]> {
  const trackOf = tracksByCard(whole);
  const bent = new Map<number, { bends: Set<number>; ends: number[] }>();
  for (const [i, { from, to }] of links.entries()) {
    const own = web.bends[i]!;
    if (own.length === 0) continue;
    const known = bent.get(from) ?? { bends: new Set(), ends: [] };
    bent.set(from, known);
    for (const bend of own) known.bends.add(bend);
    known.ends.push(to);
  }
  const lanes = new Map<string, number[]>();
  for (const [card, { bends, ends }] of bent) {
    const path = frames[card]!;
    const common = ends.reduce((least, end) => Math.min(least, sharedDepth(path, frames[end]!)), path.length);
    const isInside = ends.every((end) => frames[end]!.length === path.length && common === path.length);
    const tracks = (at: number): number => trackOf[at]![common]!;
    const mean = ends.reduce((sum, end) => sum + tracks(end), 0) / ends.length;
    const lane = laneKey(path.slice(0, common), isInside ? "own" : tracks(card) + (mean < tracks(card) ? 0 : 1));
    const known = lanes.get(lane) ?? [];
    lanes.set(lane, known);
    known.push(...bends);
  }
  return lanes;
}

/** Of each card the tracks that it is in: of the whole, of the frame in that, and so on. */
function tracksByCard(whole: Open): readonly (readonly number[])[] {
  const found: number[][] = whole.cards.map(() => []);
  const walk = ({ path, tracks = [] }: Open): void => {
    for (const [i, track] of tracks.entries()) {
      for (const part of track) {
        for (const card of part.cards) found[card]![path.length] = i;
        walk(part);
      }
    }
  };
  walk(whole);
  return found;
}

function withUnits(whole: Open, lanes: ReadonlyMap<string, readonly number[]>): WholeNest {
  const units: (readonly number[])[] = [];
  const unit = (vertices: readonly number[]): number => units.push(vertices) - 1;
  const nested = ({ path, tracks = [] }: Open): Nest => {
    const between = (lane: number): readonly number[][] => {
      const bends = lanes.get(laneKey(path, lane));
      return bends ? [[unit(bends)]] : [];
    };
    const filled = tracks.flatMap((track, i) => [
      ...between(i),
      track.map((part) =>
        part.tracks ? nested(part) : unit([...part.cards, ...(lanes.get(laneKey(path, "own")) ?? [])]),
      ),
    ]);
    return { path, tracks: [...filled, ...between(tracks.length)] };
  };
  return { ...nested(whole), units };
}
