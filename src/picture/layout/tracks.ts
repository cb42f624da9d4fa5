import type { Link } from "./geometry.ts";

/** Cards that lie together: those of a frame, with the frames in it, or those that are in none. */
export interface Part {
  readonly cards: readonly number[];
  readonly first: number;
  readonly last: number;
  /** Where its cards are in the order of their layers, from 0 to 1. */
  readonly place: number;
}

/** Parts in tracks below each other, several in one where they share no layer, so that wires between tracks are short. */
export function tracksOf<P extends Part>(parts: readonly P[], links: readonly Link[]): readonly (readonly P[])[] {
  return near(packed(parts), links);
}

/** Parts that have no layer in common may share a track: each goes to the nearest that has room. */
function packed<P extends Part>(parts: readonly P[]): readonly (readonly P[])[] {
  const tracks: P[][] = [];
  for (const part of parts.toSorted((a, b) => a.first - b.first || a.place - b.place)) {
    let nearest: P[] | undefined;
    for (const track of tracks) {
      const hasRoom = track.every(({ first, last }) => last < part.first || part.last < first);
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
function near<P extends Part>(tracks: readonly (readonly P[])[], links: readonly Link[]): readonly (readonly P[])[] {
  if (tracks.length > mostMoved) return tracks;
  const trackOf = new Map(
    tracks.flatMap((track, i) => track.flatMap(({ cards }) => cards.map((card) => [card, i] as const))),
  );
  const wires = tracks.map(() => new Array<number>(tracks.length).fill(0));
  for (const { from, to } of links) {
    const [a, b] = [trackOf.get(from), trackOf.get(to)];
    if (a === undefined || b === undefined) continue;
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
