import { fail } from "../../core/failure.ts";
import { type GraphNode, hasOutputs, outputPaths } from "../../core/graph.ts";
import type { OutsidePath } from "../../core/record.ts";
import { realPlace } from "../../platform/files.ts";
import { placeOfOutside } from "./outside-version.ts";

/** Who writes something: a node, or an item of one. */
export interface Writer {
  readonly node: string;
  readonly item?: string;
}

/** What is written: a file or a folder, or of a DuckDB database one table. */
export interface Written {
  /** Absolute. */
  readonly file: string;
  readonly table?: string | undefined;
}

/** Who writes what, so that no two write the same: one of them would be taken for reusable while the other's is what is there. */
export class Writers {
  /** By where paths really lead, then by tables; all of a path is the table of no name. */
  readonly #writers = new Map<string, Map<string, Writer>>();

  /** @throws SluiceError `duplicate-output` for what somebody else writes */
  add({ file, table }: Written, writer: Writer): void {
    const place = realPlace(file);
    let there = this.#writers.get(place);
    if (!there) {
      there = new Map();
      this.#writers.set(place, there);
    }
    const name = table === undefined ? "" : canonicalTable(table);
    for (const [part, other] of there) {
      if ((part === name || part === "" || name === "") && !isSame(other, writer)) both(other, writer, file, table);
    }
    there.set(name, writer);
  }
}

/** {@link Writers} in one run: what its functions say that they wrote, now or when their results were made, and what is placed. */
export class WritersOfRun {
  readonly #root: string;
  readonly #nodes: readonly GraphNode[];
  #writers: Writers | undefined;

  /** @param root absolute path of the project's folder */
  constructor(root: string, nodes: readonly GraphNode[]) {
    this.#root = root;
    this.#nodes = nodes;
  }

  /** @throws SluiceError `duplicate-output` */
  add(written: Written, writer: Writer): void {
    this.#writers ??= outputsOf(this.#nodes);
    this.#writers.add(written, writer);
  }

  /** The same of a result that is reused. @throws SluiceError `duplicate-output` */
  addReused(outside: readonly OutsidePath[], writer: Writer): void {
    for (const each of outside) {
      if (each.use === "written") this.add({ file: placeOfOutside(this.#root, each), table: each.table }, writer);
    }
  }
}

function outputsOf(nodes: readonly GraphNode[]): Writers {
  const writers = new Writers();
  for (const { name, definition } of nodes) {
    if (hasOutputs(definition)) for (const file of outputPaths(definition)) writers.add({ file }, { node: name });
  }
  return writers;
}

/** As DuckDB takes names: whatever their case, and of `main` unless they say another schema. */
function canonicalTable(table: string): string {
  return table.toLowerCase().replace(/^main\./, "");
}

function isSame(one: Writer, other: Writer): boolean {
  return one.node === other.node && (one.item === other.item || one.item === undefined || other.item === undefined);
}

function both(one: Writer, other: Writer, file: string, table: string | undefined): never {
  const [first, second] = [one, other].map(({ node, item }) => `"${item === undefined ? node : `${node}[${item}]`}"`);
  return fail(
    "duplicate-output",
    `${first} and ${second} both write ${table ? `the table ${table} of ${file}` : file}`,
    {
      node: other.node,
      where: { file },
      hint: "give one of them another path; of a folder that both write into, let each name its own files",
    },
  );
}
