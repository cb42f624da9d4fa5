import type { HookNode, HookRunEnd, NodeEnd } from "./hook.ts";
import { facet } from "./lineage-events.ts";

/** A dataset as OpenLineage names it: `namespace` says where (`file`, `s3://bucket`, `postgres://host:port`), `name` what there. */
export interface LineageDataset {
  readonly namespace: string;
  readonly name: string;
  /** Facets by name, as the specification wants them. */
  readonly facets?: Readonly<Record<string, object>>;
}

/** What one run reads and writes, each dataset once. */
export class Datasets {
  readonly #namespace: string;
  readonly #sources: readonly HookNode[];
  readonly #inputs = new Map<string, LineageDataset>();
  readonly #outputs = new Map<string, LineageDataset>();

  /** @param namespace of datasets that have no place of their own */
  constructor(namespace: string, nodes: readonly HookNode[]) {
    this.#namespace = namespace;
    this.#sources = nodes.filter(({ path }) => path !== undefined);
    for (const { path } of this.#sources) this.input(fileDataset(path!));
  }

  get inputs(): readonly LineageDataset[] {
    return [...this.#inputs.values()];
  }

  get outputs(): readonly LineageDataset[] {
    return [...this.#outputs.values()];
  }

  input(dataset: LineageDataset): void {
    this.#inputs.set(keyOf(dataset), dataset);
  }

  output(dataset: LineageDataset): void {
    this.#outputs.set(keyOf(dataset), dataset);
  }

  /** What a node read and wrote, in this run or when its result was made. */
  note({ node, status, outside, dataVersion }: NodeEnd): void {
    if (status !== "hit" && status !== "executed") return;
    for (const { path, use, table, version } of outside) {
      const dataset = fileDataset(path, table, version);
      if (use === "read") this.input(dataset);
      else this.output(dataset);
    }
    if (outside.length > 0 || !node.role) return;
    // A file that it reads is known already.
    if (node.role === "loader" && this.#sources.some(({ name }) => Object.values(node.reads).includes(name))) return;
    // It says where it reads or writes to nobody: it is known by its name.
    const dataset = { namespace: this.#namespace, name: node.name, ...versioned(dataVersion) };
    if (node.role === "loader") this.input(dataset);
    else this.output(dataset);
  }

  /** Versions of files are known when the run has ended. */
  settle({ outcomes }: HookRunEnd): void {
    for (const { name, path } of this.#sources) {
      this.input(fileDataset(path!, undefined, outcomes.get(name)?.dataVersion));
    }
  }
}

function keyOf({ namespace, name }: LineageDataset): string {
  return JSON.stringify([namespace, name]);
}

function fileDataset(path: string, table?: string, version?: string): LineageDataset {
  const place = table ? { namespace: `duckdb://${path}`, name: table } : { namespace: "file", name: path };
  return { ...place, ...versioned(version) };
}

function versioned(version: string | undefined): Pick<LineageDataset, "facets"> {
  if (version === undefined) return {};
  return { facets: { version: facet("1-0-0/DatasetVersionDatasetFacet", { datasetVersion: version }) } };
}
