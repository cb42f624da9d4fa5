import type { Graph, GraphNode } from "../core/graph.ts";
import { isStage } from "../core/node.ts";
import { sanitize } from "../text/sanitize.ts";

/** The graph, or a part of it, as a Mermaid flowchart (https://mermaid.js.org). */
export function toMermaid(nodes: Graph["nodes"]): string {
  const lines = ["flowchart LR"];
  for (const node of nodes) {
    const [open, close] = isStage(node.definition) ? ["[", "]"] : ["([", "])"];
    lines.push(`  ${idOf(node)}${open}"${escapeMermaid(node.name)}"${close}`);
  }
  for (const [from, to, label] of wires(nodes)) {
    lines.push(`  ${idOf(from)} -->${label === undefined ? "" : `|"${escapeMermaid(label)}"|`} ${idOf(to)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The graph, or a part of it, in Graphviz' language (https://graphviz.org/doc/info/lang.html). */
export function toDot(nodes: Graph["nodes"]): string {
  const lines = ["digraph pipeline {", "  rankdir=LR;", '  node [fontname="sans-serif"];'];
  for (const node of nodes) {
    const shape = isStage(node.definition) ? "box" : "oval";
    lines.push(`  ${idOf(node)} [label=${quoteDot(node.name)}, shape=${shape}];`);
  }
  for (const [from, to, label] of wires(nodes)) {
    lines.push(`  ${idOf(from)} -> ${idOf(to)}${label === undefined ? "" : ` [label=${quoteDot(label)}]`};`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

/** Names are data, so what identifies a node in the text is its number. */
function idOf(node: GraphNode): string {
  return `n${node.index}`;
}

/** Each wire once per input; the label is the input's name where it is not simply the node's. */
function* wires(nodes: Graph["nodes"]): Generator<[from: GraphNode, to: GraphNode, label: string | undefined]> {
  const shown = new Set(nodes);
  for (const node of nodes) {
    for (const input of node.inputs) {
      if (!input.node || !shown.has(input.node)) continue;
      const obvious = input.name === input.node.name || `${node.name}.${input.name}` === input.node.name;
      yield [input.node, node, obvious ? undefined : input.name];
    }
  }
}

/** Mermaid takes HTML entities by number, with `#` in place of `&#`; everything but letters and digits is given so. */
function escapeMermaid(text: string): string {
  return sanitize(text).replace(/[^\p{L}\p{N} ._/-]/gu, (character) => `#${character.codePointAt(0)};`);
}

/** In a DOT string a quote and a backslash are escaped; `\N`, `\G` and their like would otherwise be replaced. */
function quoteDot(text: string): string {
  return `"${sanitize(text).replace(/[\\"]/g, "\\$&")}"`;
}
