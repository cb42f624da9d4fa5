import { fail } from "../../core/failure.ts";
import type { RowFormat } from "./row-format.ts";

type Readable = Pick<RowFormat, "extension" | "shared" | "read">;

const formats: Readonly<Record<string, () => Promise<Readable>>> = {
  auto: async () => (await import("./auto-rows.ts")).autoRows,
  ndjson: async () => (await import("./json-rows.ts")).ndjsonRows,
  json: async () => (await import("./json-rows.ts")).jsonRows,
  csv: async () => (await import("./csv-rows.ts")).csvRows,
};

/** Whether a format takes rows that are never whole in memory. */
export function takesRows(name: string): boolean {
  return Object.hasOwn(formats, name);
}

/** @throws SluiceError `unsupported-value` for a format that takes whole values only */
export async function rowFormatOf(name: string): Promise<RowFormat> {
  if (!takesRows(name)) {
    fail("unsupported-value", `the format "${name}" cannot take rows that come one by one`, {
      hint: `use ${Object.keys(formats).join(", ")}, or return an array: await Array.fromAsync(rows)`,
    });
  }
  return formats[name]!();
}
