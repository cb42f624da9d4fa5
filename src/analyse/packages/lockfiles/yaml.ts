import { createRequire } from "node:module";

/**
 * Parses YAML that a program wrote: every scalar is a text. The parser is loaded only when a lockfile is new, since that takes
 * longer than a whole warm run.
 * @throws what the parser throws
 */
export function parseYaml(text: string): unknown {
  const { parse } = createRequire(import.meta.url)("yaml") as typeof import("yaml");
  // That keys differ is what the program that wrote it saw to; to check it takes as long as all the rest.
  return parse(text, { schema: "failsafe", uniqueKeys: false });
}

/**
 * Takes out all fields but some, of the mappings whose fields are indented so far. To parse a megabyte takes a second, and
 * most of a lockfile is what packages need and run on.
 */
export function withOnly(fields: readonly string[], indent: number, text: string): string {
  const other = `^ {${indent}}(?!(?:${fields.join("|")}):)\\w+:.*\\n(?: {${indent + 1}}.*\\n)*`;
  return text.replaceAll("\r\n", "\n").replace(new RegExp(other, "gm"), "");
}
