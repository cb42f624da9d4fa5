/** Pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A placed card; `x` and `y` are its top left corner. */
export interface Box extends Size, Point {}

/** From a card to one that reads it, by position. */
export interface Link {
  readonly from: number;
  readonly to: number;
}

/** The frames that a card is in, the outermost first. */
export type FramePath = readonly string[];

/** What tells frames apart. */
export function frameKey(path: FramePath): string {
  return JSON.stringify(path);
}

/** How many frames, from the outermost in, two paths have in common. */
export function sharedDepth(a: FramePath, b: FramePath): number {
  const apart = a.findIndex((name, i) => name !== b[i]);
  return apart < 0 ? a.length : apart;
}

/** A rectangle around the cards that belong together. */
export interface Frame extends Box {
  readonly path: FramePath;
}

/** What a frame has around its cards; its name is above them. */
export const frameRoom = { top: 30, side: 14, bottom: 14 };

/** Where everything lies; nothing lies outside of `width` and `height`. */
export interface Layout extends Size {
  /** By card. A card may have become wider: those of one column are of one width. */
  readonly boxes: readonly Box[];
  /** By wire: the points that it goes through, from the card that is read to the one that reads. */
  readonly routes: readonly (readonly Point[])[];
  /** Each after those that it is in; otherwise no two of them overlap, and cards of others are in none. */
  readonly frames: readonly Frame[];
}

/** Cards in layers, before it is known where the layers lie. All numbers are by card, or by wire. */
export interface Arrangement {
  /** From 0: what a card reads lies in layers before its own. */
  readonly layers: readonly number[];
  /** From 0: a layer may be several cards wide. */
  readonly columns: readonly number[];
  /** Where the middle of the card is, downwards. */
  readonly middles: readonly number[];
  /** Where the wire passes each layer between those of its ends; empty where that does not matter. */
  readonly lanes: readonly (readonly number[])[];
  /** Where frames begin and end, downwards, by their keys; none unless given. */
  readonly frames?: ReadonlyMap<string, { readonly top: number; readonly bottom: number }>;
}

/** Between cards, downwards. */
export const cardGap = 18;

/** Between the columns of one layer. */
export const columnGap = 40;

/** A layer of cards: where it begins and ends across, and where its columns do. */
export interface Layer {
  readonly left: number;
  readonly right: number;
  readonly columns: readonly { readonly left: number; readonly right: number }[];
}
