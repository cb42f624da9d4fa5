import { isTable } from "../../../store/tables/arrow-shape.ts";
import { arrowColumns, columnsOfFile, type TableColumn, type TextTable } from "../../../store/tables/file-columns.ts";
import { frameColumns } from "../../../store/tables/polars.ts";
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
  /** How files of the pipeline are read, by the names of their nodes. */
  readonly #readAs = new Map<string, TextTable>();

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
  async note(end: NodeEnd): Promise<void> {
    const { node, status, outside, dataVersion } = end;
    if (status !== "hit" && status !== "executed") return;
    for (const { path, use, table, version } of outside) {
      const columns = table ? undefined : await columnsOfFile(path, node.file);
      const dataset = fileDataset(path, { table, version, columns });
      if (use === "read") this.input(dataset);
      else this.output(dataset);
    }
    const sources = this.#sources.filter(({ name }) => Object.values(node.reads).includes(name));
    if (node.file && node.role === "loader") for (const { name } of sources) this.#readAs.set(name, node.file);
    if (outside.length > 0 || !node.role) return;
    // A file that it reads is known already.
    if (node.role === "loader" && sources.length > 0) return;
    // It says where it reads or writes to nobody: it is known by its name.
    const columns = node.role === "loader" ? columnsOf(await copyOf(end)) : undefined;
    const facets = facetsOf({ version: dataVersion, columns });
    const dataset = { namespace: this.#namespace, name: node.name, ...facets };
    if (node.role === "loader") this.input(dataset);
    else this.output(dataset);
  }

  /** Versions of files are known when the run has ended. */
  async settle({ outcomes }: HookRunEnd): Promise<void> {
    for (const { name, path } of this.#sources) {
      const version = outcomes.get(name)?.dataVersion;
      const columns = version && (await columnsOfFile(path!, this.#readAs.get(name)));
      this.input(fileDataset(path!, { version, columns: columns || undefined }));
    }
  }
}

function keyOf({ namespace, name }: LineageDataset): string {
  return JSON.stringify([namespace, name]);
}

interface Known {
  readonly table?: string | undefined;
  readonly version?: string | undefined;
  readonly columns?: readonly TableColumn[] | undefined;
}

function fileDataset(path: string, known: Known = {}): LineageDataset {
  const { table } = known;
  const place = table ? { namespace: `duckdb://${path}`, name: table } : { namespace: "file", name: path };
  return { ...place, ...facetsOf(known) };
}

function facetsOf({ version, columns }: Known): Pick<LineageDataset, "facets"> {
  if (version === undefined && !columns) return {};
  return {
    facets: {
      ...(version === undefined
        ? {}
        : { version: facet("1-0-0/DatasetVersionDatasetFacet", { datasetVersion: version }) }),
      ...(columns ? { schema: facet("1-1-1/SchemaDatasetFacet", { fields: columns }) } : {}),
    },
  };
}

/** What cannot be kept, such as a client, has no copy, and no columns. */
function copyOf(end: NodeEnd): Promise<unknown> {
  return end.value().catch(() => undefined);
}

/** The columns of tables of Arrow and frames of polars. */
function columnsOf(value: unknown): readonly TableColumn[] | undefined {
  return isTable(value) ? arrowColumns(value.schema.fields) : frameColumns(value);
}
