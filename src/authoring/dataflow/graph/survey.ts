import { isNodeName } from "../../../core/graph.ts";
import { definitionOf } from "../../../core/node.ts";
import { type AnyNode, isJoined } from "./flow-node.ts";

/** A name that nodes read and that is none of them: an input of the dataflow. */
export interface ExternalInput {
  readonly name: string;
  /** Nodes that read it; those that can do without are not among the needy. */
  readonly readers: readonly string[];
  readonly needy: readonly string[];
}

/** What there is to be known of nodes before there is a graph of them. */
export interface Survey {
  readonly inputs: ReadonlyMap<string, ExternalInput>;
  /** Whether it is plain that a graph can be made of them: each may have its name, and none waits for itself. */
  readonly isSound: boolean;
  /** Whether there is anything to be said of branches. */
  readonly hasBranches: boolean;
}

/** Looks at each node and at what it reads once: there may be many thousands. */
export function survey(nodes: ReadonlyMap<string, AnyNode>): Survey {
  const indexes = new Map<string, number>();
  for (const name of nodes.keys()) indexes.set(name, indexes.size);
  const inputs = new Map<string, { name: string; readers: string[]; needy: string[] }>();
  const wires = new Wires(nodes.size);
  let isSound = true;
  let hasBranches = false;
  let at = -1;
  for (const node of nodes.values()) {
    at += 1;
    if (isJoined(node) || !isNodeName(node.name)) isSound = false;
    if (isJoined(node)) continue;
    if (node.isParallel || node.depth !== undefined) hasBranches = true;
    for (const { from, optional, collected } of node.inputs) {
      if (collected) hasBranches = true;
      if ("value" in from) {
        if (from.value === undefined || definitionOf(from.value)) isSound = false;
        continue;
      }
      const read = indexes.get(from.name);
      if (read !== undefined) {
        wires.add(read, at);
        continue;
      }
      let input = inputs.get(from.name);
      if (!input) {
        if (!isNodeName(from.name)) isSound = false;
        input = { name: from.name, readers: [], needy: [] };
        inputs.set(from.name, input);
      }
      // What one node reads comes together.
      if (input.readers.at(-1) !== node.name) input.readers.push(node.name);
      if (!optional && input.needy.at(-1) !== node.name) input.needy.push(node.name);
    }
  }
  return { inputs, isSound: isSound && wires.areAcyclic(), hasBranches };
}

/** Who reads whom, by number. */
class Wires {
  /** How many each still waits for. */
  readonly #waiting: Int32Array;
  /** The readers of each: the latest, as a place in the lists, which leads to the one before. */
  readonly #latest: Int32Array;
  readonly #readers: number[] = [];
  readonly #before: number[] = [];

  constructor(count: number) {
    this.#waiting = new Int32Array(count);
    this.#latest = new Int32Array(count).fill(-1);
  }

  add(read: number, reader: number): void {
    this.#waiting[reader]! += 1;
    this.#before.push(this.#latest[read]!);
    this.#latest[read] = this.#readers.push(reader) - 1;
  }

  /** Whether none waits for itself (Kahn 1962). Uses up what is known. */
  areAcyclic(): boolean {
    const waiting = this.#waiting;
    const ready = new Int32Array(waiting.length);
    let found = 0;
    for (let node = 0; node < waiting.length; node++) if (waiting[node] === 0) ready[found++] = node;
    for (let next = 0; next < found; next++) {
      for (let place = this.#latest[ready[next]!]!; place >= 0; place = this.#before[place]!) {
        const reader = this.#readers[place]!;
        waiting[reader]! -= 1;
        if (waiting[reader] === 0) ready[found++] = reader;
      }
    }
    return found === waiting.length;
  }
}
