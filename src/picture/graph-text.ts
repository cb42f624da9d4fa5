import { isWork } from "../core/node.ts";
import type { Picture, PictureNode, Status } from "./model.ts";
import { light } from "./theme.ts";
import { describeState, kindWord, shownState, stateWords } from "./words.ts";

/** A picture as a Mermaid flowchart (https://mermaid.js.org): nodes of a group within a frame, states by colour and in words. */
export function toMermaid(picture: Picture): string {
  const { nodes } = picture;
  const lines = ["flowchart LR"];
  const groups = Map.groupBy(nodes.keys(), (i) => nodes[i]!.group);
  for (const [group, members] of groups) {
    const isFrame = group !== undefined && groups.size > 1;
    if (isFrame) lines.push(`  subgraph g${members[0]} ["${escapeMermaid(group)}"]`);
    for (const i of members) lines.push(`${isFrame ? "  " : ""}  ${mermaidNode(nodes[i]!, i)}`);
    if (isFrame) lines.push("  end");
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
  for (const [i, node] of nodes.entries()) {
    const state = shownState(node);
    const [ground, line] = state ? light.states[state.status] : [];
    const label = [node.name, ...remarks(node)].map(quotedText).join("\\n");
    const look = state ? `, style=filled, fillcolor="${ground}", color="${line}"` : "";
    lines.push(`  n${i} [label="${label}", shape=${isWork(node.kind) ? "box" : "oval"}${look}];`);
  }
  for (const { from, to, label } of wiresOf(nodes)) {
    lines.push(`  n${from} -> n${to}${label === undefined ? "" : ` [label="${quotedText(label)}"]`};`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
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
