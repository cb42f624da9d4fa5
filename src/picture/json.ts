import type { GraphNode } from "../core/graph.ts";
import { placeOf } from "../core/node.ts";
import type { NodeState, PictureNode, PictureStates } from "./model.ts";
import type { PictureSource } from "./picture.ts";

/** What `graph --json` prints: for programs that draw or check pipelines themselves. */
export interface GraphDocument {
  readonly title: string;
  /** Whose states the nodes have: a plan's or a run's; null for the plain structure. */
  readonly states: PictureStates | null;
  /** By name, each after what it reads. */
  readonly nodes: Readonly<Record<string, GraphNodeDocument>>;
  /** One for each input that is a node. */
  readonly wires: readonly { readonly from: string; readonly to: string; readonly input: string }[];
}

export interface GraphNodeDocument {
  readonly kind: string;
  /** Of a driver's node: what it is in its dataflow. */
  readonly role?: NonNullable<PictureNode["role"]>;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly where?: { readonly file: string; readonly line?: number; readonly column?: number };
  /** Names of the nodes that are read, by the name of the input; null for a plain value. */
  readonly inputs: Readonly<Record<string, string | null>>;
  readonly state?: NodeState;
}

export function graphDocument(graph: PictureSource): GraphDocument {
  const shown = new Set(graph.nodes);
  const wires = graph.nodes.flatMap((node) =>
    node.inputs.flatMap((input) =>
      input.node && shown.has(input.node) ? [{ from: input.node.name, to: node.name, input: input.name }] : [],
    ),
  );
  const documentOf = (node: GraphNode): GraphNodeDocument => {
    const { description, tags } = node.definition;
    const where = placeOf(node.definition);
    const state = graph.stateOf?.(node);
    const { kind, role } = { kind: node.definition.kind, ...graph.more?.(node) };
    return {
      kind,
      ...(role === undefined ? {} : { role }),
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags }),
      ...(where === undefined ? {} : { where }),
      inputs: Object.fromEntries(node.inputs.map((input) => [input.name, input.node?.name ?? null])),
      ...(state === undefined ? {} : { state }),
    };
  };
  return {
    title: graph.title,
    states: graph.states ?? null,
    nodes: Object.fromEntries(graph.nodes.map((node) => [node.name, documentOf(node)])),
    wires,
  };
}
