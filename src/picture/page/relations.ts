import type { Picture } from "../model.ts";

/** Who reads whom, both ways. All numbers are positions in the picture's nodes. */
export interface Relations {
  readonly inputs: readonly (readonly number[])[];
  readonly readers: readonly (readonly number[])[];
}

export function relationsOf({ nodes }: Picture): Relations {
  const readers: number[][] = nodes.map(() => []);
  const inputs = nodes.map((node, i) => {
    const read = [...new Set(node.inputs.flatMap(({ from }) => (from === undefined ? [] : [from])))];
    for (const from of read) readers[from]!.push(i);
    return read;
  });
  return { inputs, readers };
}

/** The nodes, all that they read and all that reads them, by any number of wires that go one way. */
export function relativesOf({ inputs, readers }: Relations, nodes: Iterable<number>): ReadonlySet<number> {
  const near = new Set(nodes);
  const start = [...near];
  for (const next of [inputs, readers]) {
    const seen = new Set(start);
    const open = [...start];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const other of next[node]!) {
        if (seen.has(other)) continue;
        seen.add(other);
        near.add(other);
        open.push(other);
      }
    }
  }
  return near;
}
