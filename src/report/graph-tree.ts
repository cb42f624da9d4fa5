import type { Picture, PictureNode } from "../picture/model.ts";
import { describeState, kindWord, shownState } from "../picture/words.ts";
import type { Style } from "./style.ts";
import { truncate } from "./width.ts";

/**
 * The graph as a tree for a terminal: each node that nothing reads, and beneath a node what it reads. What a node reads is told
 * where it comes first; later it is only named, with `(above)`.
 */
export function treeLines(
  { nodes }: Picture,
  { style, columns }: { readonly style: Style; readonly columns: number },
): string[] {
  const isRead = new Set(nodes.flatMap(({ inputs }) => inputs.map(({ from }) => from)));
  const told = new Set<number>();
  const lines: string[] = [];
  // A stack of what is still to be told: last in, first out.
  const open: { node: number; lead: string; below: string }[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) if (!isRead.has(i)) open.push({ node: i, lead: "", below: "" });
  for (let next = open.pop(); next; next = open.pop()) {
    const node = nodes[next.node]!;
    const reads = [...new Set(node.inputs.flatMap(({ from }) => (from === undefined ? [] : [from])))];
    const again = told.has(next.node) && reads.length > 0;
    told.add(next.node);
    const about = again ? "(above)" : aboutOf(node);
    const room = Math.max(10, columns - next.lead.length);
    const name = truncate(node.name, room);
    lines.push(
      `${style.dim(next.lead)}${style.name(name)}${style.dim(truncate(`  ${about}`, Math.max(0, room - name.length)))}`,
    );
    if (again) continue;
    for (const [i, from] of reads.toReversed().entries()) {
      open.push({
        node: from,
        lead: `${next.below}${i === 0 ? "└─ " : "├─ "}`,
        below: `${next.below}${i === 0 ? "   " : "│  "}`,
      });
    }
  }
  return lines;
}

function aboutOf(node: PictureNode): string {
  const state = shownState(node);
  const about = node.about === undefined ? kindWord(node) : `${kindWord(node)} ${node.about}`;
  return state ? `${about}: ${describeState(state)}` : about;
}
