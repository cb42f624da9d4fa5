import type { Layer, Link } from "./geometry.ts";

/** Layers that stand side by side, below the layers before them. */
export interface Band {
  /** Positions of the first and of the last layer. */
  readonly first: number;
  readonly last: number;
  /** What is added to the places of its layers. */
  readonly across: number;
  readonly down: number;
}

/** A picture that is so many times as wide as high is broken into bands. */
const tooWide = 8;
const wantedShape = 2;

/** Bands are only made where fewer wires than this lead from one to later ones, at each break. */
const mostWiresAcross = 6;

/** Room between bands, for the wires that lead from one to the next. */
const bandGap = 64;

/** Breaks a picture that is much too wide, such as a long chain, as a paragraph is broken into lines. */
export function bandsOf(
  layers: readonly Layer[],
  links: readonly Link[],
  layerOf: readonly number[],
  height: number,
): readonly Band[] {
  const width = layers.at(-1)!.right;
  const whole = [{ first: 0, last: layers.length - 1, across: 0, down: 0 }];
  if (width < tooWide * height || layers.length < 12) return whole;
  const wanted = Math.max(1600, Math.sqrt(width * (height + bandGap) * wantedShape));
  const across = wiresAcross(layers.length, links, layerOf);
  const bands: Band[] = [];
  let first = 0;
  for (let layer = 0; layer < layers.length; layer++) {
    const isLast = layer === layers.length - 1;
    if (!isLast && layers[layer + 1]!.right - layers[first]!.left <= wanted) continue;
    if (!isLast && across[layer]! > mostWiresAcross) return whole;
    bands.push({ first, last: layer, across: -layers[first]!.left, down: bands.length * (height + bandGap) });
    first = layer + 1;
  }
  return bands;
}

/** How many links lead from a layer, or from one before it, to a later one. */
function wiresAcross(layers: number, links: readonly Link[], layerOf: readonly number[]): readonly number[] {
  const changes = new Array<number>(layers + 1).fill(0);
  for (const { from, to } of links) {
    changes[layerOf[from]!]!++;
    changes[layerOf[to]!]!--;
  }
  let open = 0;
  return changes.map((change) => (open += change));
}
