import { isWork } from "../core/node.ts";
import { apart } from "./fold.ts";
import { groupsOf, type Picture, type PictureNode, type Status } from "./model.ts";
import { light } from "./theme.ts";
import { describeState, kindWord, shownState, stateWords } from "./words.ts";

/** A picture as a Mermaid flowchart (https://mermaid.js.org): nodes of a group within a frame, states by colour and in words. */
export function toMermaid(picture: Picture): string {
  const { nodes } = picture;
  const lines = ["flowchart LR"];
  for (const { depth, ...line } of nested(nodes)) {
    const indent = "  ".repeat(depth + 1);
    if ("node" in line) lines.push(`${indent}${mermaidNode(nodes[line.node]!, line.node)}`);
    else if ("end" in line) lines.push(`${indent}end`);
    else lines.push(`${indent}subgraph g${line.id} ["${escapeMermaid(line.group)}"]`);
  }
  for (const { from, to, label } of wiresOf(nodes)) {
    lines.push(`  n${from} -->${label === undefined ? "" : `|"${escapeMermaid(label)}"|`} n${to}`);
  }
  const byStatus = Map.groupBy(nodes.keys(), (i) => shownState(nodes[i]!)?.status);
  for (const [status, members] of byStatus) {
    if (status === undefined) continue;
    const [ground, line] = light.states[status];
    lines.push(`  classDef ${classOf(status)} fill:${ground},stroke:${line},color:${light.text}`);
    lines.push(`  class ${members.map((i) => `n${i}`).join(",")} ${classOf(status)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A picture in Graphviz' language (https://graphviz.org/doc/info/lang.html). */
export function toDot({ nodes }: Picture): string {
  const lines = ["digraph pipeline {", "  rankdir=LR;", '  node [fontname="sans-serif"];'];
  for (const { depth, ...line } of nested(nodes)) {
    const indent = "  ".repeat(depth + 1);
    if ("node" in line) lines.push(`${indent}${dotNode(nodes[line.node]!, line.node)}`);
    else if ("end" in line) lines.push(`${indent}}`);
    else {
      lines.push(`${indent}subgraph cluster_${line.id} {`);
      lines.push(`${indent}  label="${quotedText(line.group)}"; fontname="sans-serif"; style=rounded;`);
    }
  }
  for (const { from, to, label } of wiresOf(nodes)) {
    lines.push(`  n${from} -> n${to}${label === undefined ? "" : ` [label="${quotedText(label)}"]`};`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

function dotNode(node: PictureNode, i: number): string {
  const state = shownState(node);
  const [ground, line] = state ? light.states[state.status] : [];
  const label = [node.name, ...remarks(node)].map(quotedText).join("\\n");
  const look = state ? `, style=filled, fillcolor="${ground}", color="${line}"` : "";
  return `n${i} [label="${label}", shape=${isWork(node.kind) ? "box" : "oval"}${look}];`;
}

/** A line of a text that draws groups: one begins, a node stands there, or a group ends. */
type Line = { readonly depth: number } & (
  | { readonly group: string; readonly id: string }
  | { readonly node: number }
  | { readonly end: true }
);

/** The nodes of a picture, each within its groups; in the order of the nodes, as far as groups are whole. */
function nested(nodes: readonly PictureNode[]): readonly Line[] {
  const paths = apart(nodes.map(groupsOf), 1) ?? nodes.map(() => []);
  const lines: Line[] = [];
  const write = (members: readonly number[], depth: number): void => {
    for (const [group, own] of Map.groupBy(members, (i) => paths[i]![depth])) {
      if (group === undefined) {
        for (const node of own) lines.push({ depth, node });
        continue;
      }
      // Two groups, one in the other, may begin with the same node.
      lines.push({ depth, group, id: depth === 0 ? `${own[0]}` : `${own[0]}_${depth}` });
      write(own, depth + 1);
      lines.push({ depth, end: true });
    }
  };
  write([...nodes.keys()], 0);
  return lines;
}

function mermaidNode(node: PictureNode, i: number): string {
  const [open, close] = isWork(node.kind) ? ["[", "]"] : ["([", "])"];
  const label = [node.name, ...remarks(node)].map(escapeMermaid).join("<br>");
  return `n${i}${open}"${label}"${close}`;
}

/** What stands below a name: how a run left the node, and what it is where its shape does not say it. */
function remarks(node: PictureNode): readonly string[] {
  const state = shownState(node);
  if (state) return [describeState(state)];
  return node.role === "input" || node.role === "override" ? [kindWord(node)] : [];
}

/** Mermaid has words of its own, and `end` is not the only one that breaks it. */
function classOf(status: Status): string {
  return `state_${stateWords[status].replaceAll(" ", "_")}`;
}

/** Each wire once per input; the label is the input's name where it is not simply the node's. */
function* wiresOf(
  nodes: readonly PictureNode[],
): Generator<{ readonly from: number; readonly to: number; readonly label: string | undefined }> {
  for (const [to, node] of nodes.entries()) {
    for (const { name, from } of node.inputs) {
      if (from === undefined) continue;
      const read = nodes[from]!.name;
      yield { from, to, label: name === read || `${node.name}.${name}` === read ? undefined : name };
    }
  }
}

/** Mermaid takes HTML entities by number, with `#` in place of `&#`; everything but letters and digits is given so. */
function escapeMermaid(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._/·-]/gu, (character) => `#${character.codePointAt(0)};`);
}

/** In a DOT string a quote and a backslash are escaped; `\N`, `\G` and their like would otherwise be replaced. */
function quotedText(text: string): string {
  return text.replace(/[\\"]/g, "\\$&");
}
