import { functionSite } from "../../../analyse/captured/function-site.ts";
import type { Site } from "../../../core/node.ts";
import { isRecord } from "../../declaration.ts";
import type { AnyFunction, FlowNode } from "../graph/flow-node.ts";

/** What a node does that calls no function of the user's but, maybe, one that loads or saves. */
export type OwnNode =
  | { readonly does: "field" | "column"; readonly name: string | number; readonly of: string }
  | { readonly does: "load"; readonly format: string; readonly reading: Readonly<Record<string, unknown>> }
  | { readonly does: "save"; readonly format: string }
  | { readonly does: "load" | "save"; readonly by: Site };

/** What such a node does; undefined for all others. */
export function ownNodeOf({ functions, inputs }: FlowNode): OwnNode | undefined {
  if (!Array.isArray(functions)) return undefined;
  const [does, how, , , , reading]: readonly unknown[] = functions;
  switch (does) {
    case "field":
    case "column": {
      const [from] = inputs.map((input) => input.from);
      return from && "name" in from ? { does, name: how as string | number, of: from.name } : undefined;
    }
    case "load":
    case "save":
      if (typeof how === "function") return { does, by: functionSite(how as AnyFunction) };
      if (does === "save") return { does, format: how as string };
      return { does, format: how as string, reading: isRecord(reading) ? reading : {} };
    default:
      return undefined;
  }
}

/** Formats whose files always hold the same type. */
const plain: readonly string[] = ["text", "bytes"];
const tables: readonly string[] = ["parquet", "arrow"];
const rows: readonly string[] = ["csv", "duckdb"];

type Loaded = Extract<OwnNode, { readonly reading: object }>;

/**
 * The type of what is loaded, as TypeScript writes it.
 * @param taken the type of what a function takes it as: of rows the format tells that they are rows, and less of their cells
 */
export function loadedType({ format, reading }: Loaded, taken?: string): string {
  const isTable = tables.includes(format);
  if (plain.includes(format) || (isTable && reading.as !== "rows")) return `LoadedAs[${JSON.stringify(format)}]`;
  if (format === "ndjson") return "any[]";
  if (!isTable && !rows.includes(format)) return "any";
  if (taken === undefined) return "any[]";
  return `Rows<${taken}, ${columnsOf(reading.types)}, ${format === "csv" ? csvCell : "any"}>`;
}

/** What a cell of CSV may be. */
const csvCell = "string | number | boolean | null";

/** The columns whose types the reading says. */
function columnsOf(types: unknown): string {
  const said = Object.entries(isRecord(types) ? types : {}).filter(([, type]) => type !== "auto");
  return `{ ${said.map(([name, type]) => `${JSON.stringify(name)}: ${type}`).join("; ")} }`;
}

/** The types that `loadedType` is written with. */
export const loadedHelpers = `type Rows<Taken, Columns, Cell> = Taken extends readonly (infer Row)[] ? RowAs<Row, Columns, Cell>[] : Record<string, Cell>[];
type RowAs<Row, Columns, Cell> = IsAny<Row> extends true ? any
  : Row extends object
    ? Row extends readonly unknown[] | ((...args: never) => unknown) | Date ? Record<string, Cell>
    : { [Name in keyof Row]: CellAs<Row[Name], Name extends keyof Columns ? Columns[Name] : Cell> }
  : Record<string, Cell>;
type CellAs<Taken, Cell> = [Extract<Taken, Cell>] extends [never] ? Cell : Taken;
`;
