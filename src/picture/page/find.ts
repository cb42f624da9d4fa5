import { groupsOf, type Picture } from "../model.ts";

/** Nodes that match what was typed, best first: names that begin so, names that contain it, what else is said of nodes. */
export function findNodes({ nodes }: Picture, typed: string, most: number): readonly number[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const ranked: { node: number; rank: number }[] = [];
  for (const [node, one] of nodes.entries()) {
    const { name, kind, role, about, description, tags, where } = one;
    const lower = name.toLowerCase();
    const rest = [kind, role, ...groupsOf(one), about, description, where, ...(tags ?? [])].join("\n").toLowerCase();
    if (!words.every((word) => lower.includes(word) || rest.includes(word))) continue;
    const [first] = words as [string];
    ranked.push({ node, rank: lower === first ? 0 : lower.startsWith(first) ? 1 : lower.includes(first) ? 2 : 3 });
  }
  return ranked
    .sort((a, b) => a.rank - b.rank || a.node - b.node)
    .slice(0, most)
    .map(({ node }) => node);
}
