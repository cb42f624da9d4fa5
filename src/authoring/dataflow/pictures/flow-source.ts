import path from "node:path";
import type { Graph, GraphNode } from "../../../core/graph.ts";
import { type NodeDefinition, placeOf } from "../../../core/node.ts";
import type { Role } from "../../../picture/model.ts";
import type { NodeRemarks, PictureSource } from "../../../picture/picture.ts";
import type { States } from "../../../picture/states.ts";
import { shownText } from "../../../platform/shown-text.ts";
import type { RunGraph } from "../driver/run-graph.ts";
import type { Dataflow } from "../graph/dataflow.ts";
import { type AnyNode, isJoined, type Within } from "../graph/flow-node.ts";

interface Call {
  readonly title?: string | undefined;
  /** Absolute path of the project. */
  readonly root: string;
}

/** A picture of a dataflow, or of a part of it. */
export function flowSource(
  dataflow: Dataflow,
  { title, root, only }: Call & { readonly only?: ReadonlySet<string> | undefined },
): PictureSource {
  const nodes = dataflow.graph.nodes.filter(({ name }) => dataflow.has(name) && (!only || only.has(name)));
  return { title: title ?? titleOf(dataflow, nodes), nodes, root, more: remarksOn(dataflow) };
}

/** A picture of what a call of `execute` runs. */
export function executionSource(
  dataflow: Dataflow,
  { graph, inputs, overrides }: RunGraph,
  { title, root, states }: Call & { readonly states: States | undefined },
): PictureSource {
  const roles = new Map<string, Role>(inputs.map((name) => [name, "input"]));
  for (const name of overrides) roles.set(name, "override");
  const known = remarksOn(dataflow);
  return {
    title: title ?? titleOf(dataflow, graph.nodes),
    nodes: graph.nodes,
    root,
    ...states,
    more: (node) => {
      const role = roles.get(node.name);
      return role ? { role, ...givenIn(node.definition) } : known(node);
    },
  };
}

/** A short text of a value that is given; nothing of what may be a secret. */
function givenIn(definition: NodeDefinition): NodeRemarks {
  const about = definition.kind === "param" && definition.fallback ? shownText(definition.fallback.value) : undefined;
  return about === undefined ? {} : { about };
}

/** What a dataflow knows of its nodes: what they are, the file that they are written in or the subdag, and which come of one function. */
export function remarksOn(dataflow: Dataflow): (node: Pick<GraphNode, "name">) => NodeRemarks {
  const families = familiesOf(dataflow);
  const withinOf = (node: AnyNode): Within | undefined => (isJoined(node) ? undefined : node.within);
  const outside = [...dataflow.nodes.values()].filter((node) => withinOf(node) === undefined);
  const isOneFile = new Set(outside.map(({ name }) => fileOf(dataflow.graph, name))).size === 1;
  return ({ name }) => {
    const node = dataflow.nodes.get(name);
    if (!node) {
      const input = dataflow.inputs.get(name);
      return input ? { role: "input", ...(input.needy.length === 0 ? { about: "optional" } : {}) } : {};
    }
    const { namespaces = [], behind = name } = withinOf(node) ?? {};
    const file = isOneFile ? undefined : fileOf(dataflow.graph, behind);
    const groups = [...(file === undefined ? [] : [file]), ...namespaces];
    const group = groups.at(-1);
    const family = families.get(name);
    return {
      ...(isJoined(node) ? {} : dataflow.branches.has(name) ? { kind: "map" } : { role: node.role ?? "function" }),
      ...(group === undefined ? {} : { group, around: groups.slice(0, -1) }),
      ...(family === undefined ? {} : { family }),
    };
  };
}

/** The name of the file in which a node is written, without what it ends with. */
function fileOf(graph: Graph, name: string): string | undefined {
  const node = graph.get(name);
  const place = node && placeOf(node.definition);
  return place && path.basename(place.file).replace(/\.[cm]?[jt]sx?$/, "");
}

/** Nodes that one function makes are of one family, called by what their names have in common. */
function familiesOf({ nodes, graph }: Dataflow): ReadonlyMap<string, string> {
  const byPlace = Map.groupBy(nodes.keys(), (name) => {
    const place = placeOf(graph.get(name)!.definition);
    return place ? `${place.file}:${place.line}:${place.column}` : undefined;
  });
  const families = new Map<string, string>();
  for (const [place, names] of byPlace) {
    if (place === undefined || names.length < 2) continue;
    const family = `${commonStart(names)}*`;
    for (const name of names) families.set(name, family);
  }
  return families;
}

function commonStart([first = "", ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

const mostFiles = 3;

/** The files that the nodes are written in. */
function titleOf({ nodes: all, graph }: Dataflow, nodes: readonly GraphNode[]): string {
  const drawn = new Set(nodes.map(({ name }) => name));
  const files = [...new Set([...all.keys()].flatMap((name) => (drawn.has(name) ? (fileOf(graph, name) ?? []) : [])))];
  const more = files.length - mostFiles;
  return [...files.slice(0, mostFiles), ...(more > 0 ? [`${more} more`] : [])].join(", ") || "dataflow";
}
