import { isWork } from "../core/node.ts";
import { type FramePath, frameKey, sharedDepth } from "./layout/geometry.ts";
import { groupsOf, type Picture, type PictureNode } from "./model.ts";

/** One box of a drawing: a node, or many alike that are drawn as one. */
export interface Card {
  /** The same for the same box, whatever else is drawn. */
  readonly id: string;
  /** Positions in the picture's nodes; more than one for a stack. */
  readonly members: readonly number[];
}

/** One line of a drawing, however many inputs it stands for. */
export interface Wire {
  /** Positions of cards. */
  readonly from: number;
  readonly to: number;
  /** Names of the inputs, where they say more than the name of what is read; at most a few. */
  readonly labels: readonly string[];
}

/** What is to be drawn of a picture. */
export interface Drawing {
  readonly cards: readonly Card[];
  readonly wires: readonly Wire[];
}

export interface DrawingChoice {
  /** Ids of stacks whose members are drawn one by one, or all of them. */
  readonly unfolded?: ReadonlySet<string> | "all";
  /** Positions of the nodes to draw; all unless given. */
  readonly only?: ReadonlySet<number>;
}

/** So many alike are drawn as one: fewer are seen at a glance. */
const fewestInStack = 8;

/** Labels that a wire keeps. */
const mostLabels = 4;

/** The cards and wires of a picture, in topological order. */
export function drawingOf(picture: Picture, { unfolded = new Set(), only }: DrawingChoice = {}): Drawing {
  const { nodes } = picture;
  const stacks = stacksOf(nodes, only);
  const cards: { id: string; members: number[] }[] = [];
  const byStack = new Map<string, number>();
  const cardOf = new Map<number, number>();
  for (const [i, node] of nodes.entries()) {
    if (only && !only.has(i)) continue;
    const stack = stacks.get(i);
    const folded = stack !== undefined && unfolded !== "all" && !unfolded.has(stack);
    const known = folded ? byStack.get(stack) : undefined;
    if (known === undefined) {
      if (folded) byStack.set(stack, cards.length);
      cardOf.set(i, cards.length);
      cards.push({ id: folded ? stack : `node ${node.name}`, members: [i] });
    } else {
      cardOf.set(i, known);
      cards[known]!.members.push(i);
    }
  }
  return { cards, wires: wiresOf(nodes, cardOf) };
}

/** The stack that each node belongs to, where it belongs to one. */
export function stacksOf(nodes: readonly PictureNode[], only?: ReadonlySet<number>): ReadonlyMap<number, string> {
  const ranks: number[] = [];
  const classes: number[] = [];
  const byForm = new Map<string, number[]>();
  const numbers = new Map<string, number>();
  for (const [i, node] of nodes.entries()) {
    const { kind, family, where, inputs } = node;
    let rank = 0;
    for (const { from } of inputs) if (from !== undefined) rank = Math.max(rank, ranks[from]! + 1);
    ranks.push(rank);
    // Of one rank: so none reads another, and what is folded cannot go in circles.
    const read = inputs.map(({ name, from }) => [name, from === undefined ? null : classes[from]]);
    const form = family === undefined ? `${i}` : JSON.stringify([family, groupsOf(node), where, kind, rank, read]);
    const known = numbers.get(form);
    classes.push(known ?? numbers.size);
    if (known === undefined) numbers.set(form, numbers.size);
    if (family === undefined || (only && !only.has(i))) continue;
    const alike = byForm.get(form);
    if (alike) alike.push(i);
    else byForm.set(form, [i]);
  }
  const stacks = new Map<number, string>();
  const used = new Map<string, number>();
  for (const alike of byForm.values()) {
    if (alike.length < fewestInStack) continue;
    const family = nodes[alike[0]!]!.family!;
    const nth = (used.get(family) ?? 0) + 1;
    used.set(family, nth);
    for (const i of alike) stacks.set(i, `stack ${nth} ${family}`);
  }
  return stacks;
}

/**
 * By card: the frames that it is in, which several cards share each. A source that is of no group, and is read by cards of groups only, is
 * in what these have in common. Undefined where there is nothing to tell apart.
 */
export function framesOf({ nodes }: Picture, { cards, wires }: Drawing): readonly FramePath[] | undefined {
  const groups = cards.map(({ members }) => groupsOf(nodes[members[0]!]!));
  const readers = new Map<number, FramePath[]>();
  for (const { from, to } of wires) readers.set(from, [...(readers.get(from) ?? []), groups[to]!]);
  const frames = groups.map((path, card) =>
    path.length > 0 || isWork(nodes[cards[card]!.members[0]!]!.kind) ? path : common(readers.get(card)),
  );
  return apart(frames);
}

/**
 * Frames without those that hold few, and without those that hold all. Undefined where none is left.
 * @param fewest how many cards a frame holds that is worth drawing
 */
export function apart(frames: readonly FramePath[], fewest = 2): readonly FramePath[] | undefined {
  const sizes = new Map<string, number>();
  for (const path of frames) {
    for (let depth = 1; depth <= path.length; depth++) {
      const key = frameKey(path.slice(0, depth));
      sizes.set(key, (sizes.get(key) ?? 0) + 1);
    }
  }
  const shared = frames.map((path) => path.filter((_, i) => sizes.get(frameKey(path.slice(0, i + 1)))! >= fewest));
  const ofAll = common(shared).length;
  const told = shared.map((path) => path.slice(ofAll));
  return told.some((path) => path.length > 0) ? told : undefined;
}

/** What paths begin with, all of them. */
function common(paths: readonly FramePath[] = []): FramePath {
  const [first = [], ...others] = paths;
  return first.slice(
    0,
    others.reduce((least, path) => Math.min(least, sharedDepth(first, path)), first.length),
  );
}

function wiresOf(nodes: readonly PictureNode[], cardOf: ReadonlyMap<number, number>): readonly Wire[] {
  const wires: { from: number; to: number; labels: string[] }[] = [];
  const known = new Map<string, (typeof wires)[number]>();
  for (const [i, { name, inputs }] of nodes.entries()) {
    const to = cardOf.get(i);
    if (to === undefined) continue;
    for (const input of inputs) {
      const from = input.from === undefined ? undefined : cardOf.get(input.from);
      if (from === undefined) continue;
      const id = `${from} ${to}`;
      let wire = known.get(id);
      if (!wire) {
        wire = { from, to, labels: [] };
        known.set(id, wire);
        wires.push(wire);
      }
      const read = nodes[input.from!]!.name;
      const obvious = input.name === read || `${name}.${input.name}` === read;
      if (!obvious && wire.labels.length < mostLabels && !wire.labels.includes(input.name))
        wire.labels.push(input.name);
    }
  }
  return wires;
}
