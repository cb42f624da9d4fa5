import path from "node:path";
import type { GraphNode } from "../core/graph.ts";
import { type NodeDefinition, placeOf } from "../core/node.ts";
import { holdsSecret, shownText } from "../platform/shown-text.ts";
import { sanitize, sanitizeLines } from "../text/sanitize.ts";
import type { NodeState, Picture, PictureNode, PictureStates } from "./model.ts";

/** What a picture is made of. */
export interface PictureSource {
  readonly title: string;
  /** In topological order; what they read beside these is not drawn. */
  readonly nodes: readonly GraphNode[];
  /** Absolute path of the project, which places in files are told from. */
  readonly root: string;
  readonly states?: PictureStates;
  readonly stateOf?: (node: GraphNode) => NodeState | undefined;
  /** What is known of a node beside its definition; it counts more than that. */
  readonly more?: (node: GraphNode) => NodeRemarks;
}

/** What somebody else knows of a node. */
export type NodeRemarks = Partial<Pick<PictureNode, "kind" | "role" | "group" | "around" | "about" | "family">>;

/** A picture of a pipeline, or of a part of it. */
export function pictureOf({ title, nodes, root, states, stateOf, more }: PictureSource): Picture {
  const positions = new Map(nodes.map((node, i) => [node, i]));
  const families = familiesOf(nodes);
  const drawn = nodes.map((node): PictureNode => {
    const { definition } = node;
    const remarks = more?.(node) ?? {};
    const {
      kind = definition.kind,
      role,
      group,
      around,
      about = aboutOf(definition),
      family = families.get(node),
    } = remarks;
    const where = whereOf(definition, root);
    const state = stateOf?.(node);
    return {
      name: sanitize(node.name),
      kind,
      ...(role === undefined ? {} : { role }),
      ...(group === undefined ? {} : { group: sanitize(group) }),
      ...(around === undefined || around.length === 0 ? {} : { around: around.map(sanitize) }),
      ...(about === undefined ? {} : { about: sanitize(about) }),
      ...(definition.description === undefined ? {} : { description: lines(definition.description) }),
      ...(definition.tags === undefined ? {} : { tags: definition.tags.map(sanitize) }),
      ...(where === undefined ? {} : { where }),
      inputs: node.inputs.map((input) => {
        const from = input.node && positions.get(input.node);
        return { name: sanitize(input.name), ...(from === undefined ? {} : { from }) };
      }),
      ...(family === undefined ? {} : { family: sanitize(family) }),
      ...(state === undefined ? {} : { state }),
    };
  });
  return { title: sanitize(title), nodes: drawn, ...(states === undefined ? {} : { states }) };
}

/** A text of several lines, each of them safe. */
export function lines(text: string): string {
  return sanitizeLines(text).join("\n");
}

/** What a source is and what a command runs, as it was declared. Values of secrets and of the environment are never told. */
function aboutOf(definition: NodeDefinition): string | undefined {
  switch (definition.kind) {
    case "file":
    case "dir":
      return definition.path || undefined;
    case "glob":
      return definition.patterns.join(" ") || undefined;
    case "env":
      return definition.variable || undefined;
    case "param":
      if (definition.secret || !definition.fallback) return undefined;
      return definition.fallback.value === undefined ? undefined : defaultText(definition.fallback.value);
    default:
      return definition.command?.written
        .map((argument) => (holdsSecret([argument]) ? "***" : argument))
        .join(" ")
        .replaceAll(/\s+/g, " ");
  }
}

function defaultText(value: unknown): string | undefined {
  const text = shownText(value);
  return text === undefined ? undefined : `default ${text}`;
}

function whereOf(definition: NodeDefinition, root: string): string | undefined {
  const place = placeOf(definition);
  if (!place) return undefined;
  const relative = path.relative(root, place.file).replaceAll(path.sep, "/");
  return sanitize(place.line === undefined ? relative : `${relative}:${place.line}`);
}

/**
 * The family of each node that has one. Members of an exported array or record have names like `years.2024`, and are one family,
 * `years.*`, where one line declares them. What has no name of its own is called after its reader: `years.2024.data` is of the
 * family `years.*.data`.
 */
function familiesOf(nodes: readonly GraphNode[]): ReadonlyMap<GraphNode, string> {
  const families = new Map<GraphNode, string>();
  for (const node of nodes.toReversed()) {
    if (node.definition.name !== undefined) continue;
    const reader = node.consumers.find(({ name, inputs }) =>
      inputs.some((input) => input.node === node && node.name === `${name}.${input.name}`),
    );
    if (reader) {
      const family = families.get(reader);
      if (family !== undefined) families.set(node, family + node.name.slice(reader.name.length));
      continue;
    }
    const dot = node.name.lastIndexOf(".");
    if (dot > 0) families.set(node, `${node.name.slice(0, dot)}.*`);
  }
  return families;
}
