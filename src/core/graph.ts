import { type Failure, fail, failure, SluiceError } from "./failure.ts";
import { definitionOf, isStage, type NodeDefinition, placeOf, type StageNode } from "./node.ts";

/** One input of a node: another node, or a plain value. */
export type GraphInput =
  | { readonly name: string; readonly node: GraphNode }
  | { readonly name: string; readonly node?: undefined; readonly value: unknown };

/** A named node with its wires. */
export interface GraphNode {
  readonly name: string;
  readonly definition: NodeDefinition;
  readonly inputs: readonly GraphInput[];
  /** Nodes that read this one. */
  readonly consumers: readonly GraphNode[];
  /** Position in the topological order. */
  readonly index: number;
}

interface Draft {
  name: string;
  definition: NodeDefinition;
  inputs: GraphInput[];
  consumers: Draft[];
  index: number;
}

/** A checked, acyclic graph. Every walk is iterative and linear in nodes and wires. */
export class Graph {
  /** In topological order: a node comes after all that it reads. */
  readonly nodes: readonly GraphNode[];
  readonly #byName: ReadonlyMap<string, GraphNode>;

  constructor(nodes: readonly GraphNode[]) {
    this.nodes = nodes;
    const byName = new Map<string, GraphNode>();
    for (const node of nodes) byName.set(node.name, node);
    this.#byName = byName;
  }

  get(name: string): GraphNode | undefined {
    return this.#byName.get(name);
  }

  /**
   * The nodes that a target names: the node itself, or all members of an exported array or record (`years` is `years.0`,
   * `years.1`, ...).
   * @throws SluiceError `unknown-node`, with the nearest name as a hint
   */
  resolve(target: string): readonly GraphNode[] {
    const exact = this.#byName.get(target);
    if (exact) return [exact];
    const members = this.nodes.filter((node) => node.name.startsWith(`${target}.`) && !node.definition.name);
    if (members.length > 0) return members;
    const near = nearest(target, this.#byName.keys());
    fail("unknown-node", `there is no node "${target}"`, {
      node: target,
      hint: near ? `did you mean "${near}"?` : "run `sluice ls` to see the nodes",
    });
  }

  /** The targets and all that they read, in topological order; every node when no target is given. */
  needed(targets?: readonly GraphNode[]): readonly GraphNode[] {
    if (!targets) return this.nodes;
    const wanted = new Uint8Array(this.nodes.length);
    for (const target of targets) wanted[target.index] = 1;
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      if (!wanted[i]) continue;
      for (const input of this.nodes[i]!.inputs) if (input.node) wanted[input.node.index] = 1;
    }
    return this.nodes.filter((node) => wanted[node.index]);
  }
}

/**
 * Builds the graph of the named nodes and all that they read. A node that has no name of its own is called after the first
 * node that reads it and the input that it is: `report.template`.
 * @throws SluiceError `cycle`, `duplicate-name`, `duplicate-output`, `invalid-definition`
 */
export function buildGraph(named: ReadonlyMap<string, NodeDefinition>): Graph {
  const order = sort(draftAll(named));
  checkOutputs(order);
  return new Graph(order);
}

/** Names and wires the nodes, each as it is come upon: those that were named first, then what they read. */
function draftAll(named: ReadonlyMap<string, NodeDefinition>): readonly Draft[] {
  const drafts: Draft[] = [];
  const byDefinition = new Map<NodeDefinition, Draft>();
  const byName = new Map<string, Draft>();
  const add = (name: string, definition: NodeDefinition): Draft => {
    const chosen = definition.name ?? name;
    checkName(chosen, definition);
    const other = byName.get(chosen);
    if (other) throw new SluiceError(duplicateName(chosen, other.definition, definition));
    const draft: Draft = { name: chosen, definition, inputs: [], consumers: [], index: -1 };
    byDefinition.set(definition, draft);
    byName.set(chosen, draft);
    drafts.push(draft);
    return draft;
  };
  for (const [name, definition] of named) if (!byDefinition.has(definition)) add(name, definition);
  for (let i = 0; i < drafts.length; i++) {
    const draft = drafts[i]!;
    if (!isStage(draft.definition)) continue;
    const { inputs } = draft.definition;
    for (const name of Object.keys(inputs)) {
      const value = inputs[name];
      const definition = definitionOf(value);
      if (definition) wire(draft, name, byDefinition.get(definition) ?? add(`${draft.name}.${name}`, definition));
      else if (value === undefined) throw new SluiceError(undefinedInput(draft.name, name, draft.definition));
      else draft.inputs.push({ name, value });
    }
  }
  return drafts;
}

function wire(draft: Draft, name: string, node: Draft): void {
  draft.inputs.push({ name, node: node as GraphNode });
  // Once, however often it reads the node.
  if (node.consumers[node.consumers.length - 1] !== draft) node.consumers.push(draft);
}

/** Kahn's algorithm (1962), in the order of declaration among what is ready. */
function sort(drafts: readonly Draft[]): readonly GraphNode[] {
  const order: Draft[] = [];
  // Until a node has its place, its index says how many it waits for: -1 for none, one less for each.
  for (const { consumers } of drafts) for (const consumer of consumers) consumer.index -= 1;
  for (const draft of drafts) if (draft.index === -1) order.push(draft);
  for (let i = 0; i < order.length; i++) {
    const draft = order[i]!;
    draft.index = i;
    for (const consumer of draft.consumers) {
      consumer.index += 1;
      if (consumer.index === -1) order.push(consumer);
    }
  }
  if (order.length < drafts.length) throw new SluiceError(cycle(drafts.filter((draft) => draft.index < 0)));
  return order as readonly GraphNode[];
}

/** Every node left over reads another one left over, so following inputs must come back to where it has been. */
function cycle(left: readonly Draft[]): Failure {
  const seen = new Map<Draft, number>();
  const path: Draft[] = [];
  let at = left[0]!;
  while (!seen.has(at)) {
    seen.set(at, path.length);
    path.push(at);
    at = at.inputs.find((input) => input.node && input.node.index < 0)!.node as unknown as Draft;
  }
  const loop = [...path.slice(seen.get(at)), at].map((draft) => draft.name).reverse();
  return failure("cycle", `these nodes wait for each other: ${loop.join(" -> ")}`, {
    ...at_(at.definition),
    node: at.name,
    hint: "one of them must not read the other",
  });
}

function checkOutputs(nodes: readonly GraphNode[]): void {
  const owners = new Map<string, GraphNode>();
  const claims: [string, GraphNode][] = [];
  for (const node of nodes) {
    if (hasOutputs(node.definition)) for (const path of outputPaths(node.definition)) claims.push([path, node]);
  }
  for (const [path, node] of claims) {
    const other = owners.get(path);
    if (other) {
      const what =
        other === node
          ? `"${node.name}" writes ${path} twice`
          : `"${other.name}" and "${node.name}" both write ${path}`;
      fail("duplicate-output", what, {
        ...at_(node.definition),
        node: node.name,
        hint: "give one of them another path",
      });
    }
    owners.set(path, node);
  }
  for (const [path, node] of claims) {
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      const other = owners.get(path.slice(0, slash));
      if (other) {
        fail(
          "duplicate-output",
          `"${node.name}" writes ${path}, inside ${path.slice(0, slash)}, a file that "${other.name}" writes`,
          {
            ...at_(node.definition),
            node: node.name,
            hint: "give one of them another path",
          },
        );
      }
    }
  }
}

/** Whether results of a stage are placed outside the store. */
export function hasOutputs(node: NodeDefinition): node is StageNode {
  return isStage(node) && (node.output !== undefined || node.outputs !== undefined);
}

/** Where a stage's results are placed: absolute paths. */
export function outputPaths(stage: StageNode): readonly string[] {
  return [...(stage.output === undefined ? [] : [stage.output]), ...Object.values(stage.outputs ?? {})];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Whether a node may have this name. */
export function isNodeName(name: string): boolean {
  return name !== "" && name.length <= 200 && !control.test(name) && name.isWellFormed();
}

function checkName(name: string, definition: NodeDefinition): void {
  if (isNodeName(name)) return;
  fail("invalid-definition", `${JSON.stringify(name.slice(0, 60))} cannot be the name of a node`, {
    ...at_(definition),
    hint: "a name has 1 to 200 printable characters",
  });
}

function duplicateName(name: string, first: NodeDefinition, second: NodeDefinition): Failure {
  const place = placeOf(first);
  const where = place ? ` (the other is at ${place.file}:${place.line})` : "";
  return failure("duplicate-name", `two nodes are called "${name}"${where}`, {
    ...at_(second),
    node: name,
    hint: "give one of them another `name`",
  });
}

function undefinedInput(node: string, input: string, definition: NodeDefinition): Failure {
  return failure("invalid-definition", `input "${input}" of "${node}" is undefined`, {
    ...at_(definition),
    node,
    hint: "declare it before this node, or pass null if you mean nothing",
  });
}

function at_(definition: NodeDefinition): { where?: NonNullable<Failure["where"]> } {
  const where = placeOf(definition);
  return where ? { where } : {};
}

/** The candidate that a person most likely meant: at most a third of its letters differ (Levenshtein's distance, 1965). */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word, candidate);
    // Short names that have nothing in common are not near.
    const isAlike = distance < word.length || word.toLowerCase() === candidate.toLowerCase();
    if (distance < bestDistance && isAlike) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
