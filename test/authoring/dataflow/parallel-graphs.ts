import fc from "fast-check";

/* Random graphs with branches inside of branches. */

/** What a node reads: another one, or the list of what it gave in a branch. */
interface Read {
  readonly node: number;
  readonly collected: boolean;
}

export interface RandomNode {
  readonly kind: "plain" | "parallel";
  readonly picks: readonly { readonly at: number; readonly collected: boolean }[];
}

export interface WiredNode {
  readonly name: string;
  readonly isParallel: boolean;
  readonly reads: readonly Read[];
  /** The parallel nodes in whose branches it is. */
  readonly path: readonly number[];
}

export const randomNode: fc.Arbitrary<RandomNode> = fc.record({
  kind: fc.constantFrom("plain", "plain", "parallel"),
  picks: fc.array(fc.record({ at: fc.nat(50), collected: fc.boolean() }), { minLength: 1, maxLength: 3 }),
});

/** Wires what can be wired: a read that does not belong to the branch of the others is left out. */
export function wire(nodes: readonly RandomNode[]): readonly WiredNode[] {
  const wired: WiredNode[] = [];
  const seen: (readonly number[])[] = [];
  for (const [i, { kind, picks }] of nodes.entries()) {
    let path: readonly number[] = [];
    const reads: Read[] = [];
    for (const { at, collected: wanted } of picks) {
      if (i === 0) break;
      const node = at % i;
      const collected = wanted && seen[node]!.length > 0;
      const own = collected ? seen[node]!.slice(0, -1) : seen[node]!;
      const longer = own.length > path.length ? own : path;
      const fits =
        own.every((each, level) => each === longer[level]) && path.every((each, level) => each === longer[level]);
      if (!fits || reads.some((read) => read.node === node)) continue;
      path = longer;
      reads.push({ node, collected });
    }
    const isParallel = kind === "parallel" && path.length < 3;
    wired.push({ name: `n${i}`, isParallel, reads, path });
    seen.push(isParallel ? [...path, i] : path);
  }
  return wired;
}
