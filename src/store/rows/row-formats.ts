import { fail } from "../../core/failure.ts";
import type { RowFormat } from "./row-format.ts";

interface BuiltIn {
  /** With the dot: what a file of rows is called at its end. */
  readonly extension: string;
  readonly load: () => Promise<RowFormat>;
}

const formats: Readonly<Record<string, BuiltIn>> = {
  auto: { extension: ".sluice", load: async () => (await import("./auto-rows.ts")).autoRows },
  ndjson: { extension: ".ndjson", load: async () => (await import("./json-rows.ts")).ndjsonRows },
  json: { extension: ".json", load: async () => (await import("./json-rows.ts")).jsonRows },
  csv: { extension: ".csv", load: async () => (await import("./csv-rows.ts")).csvRows },
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
  return formats[name]!.load();
}

/** What a file of rows in this format is called at its end; nothing for a format that takes no rows. */
export function rowExtension(name: string): string {
  return takesRows(name) ? formats[name]!.extension : "";
}
