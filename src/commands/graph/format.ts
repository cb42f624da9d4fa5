import path from "node:path";
import { fail } from "../../core/failure.ts";

export const graphFormats = ["text", "mermaid", "dot", "svg", "html", "json"] as const;

/** How a graph can be given out. */
export type GraphFormat = (typeof graphFormats)[number];

const byEnding: Readonly<Record<string, GraphFormat>> = {
  ".txt": "text",
  ".mmd": "mermaid",
  ".mermaid": "mermaid",
  ".dot": "dot",
  ".gv": "dot",
  ".svg": "svg",
  ".html": "html",
  ".htm": "html",
  ".json": "json",
};

/**
 * The format that was asked for: in so many words, or by the ending of the file to write.
 * @throws SluiceError `usage` where they disagree, or the ending says nothing
 */
export function graphFormat(options: {
  readonly format?: GraphFormat;
  readonly json?: boolean;
  readonly output?: string;
}): GraphFormat {
  const { format, json, output } = options;
  if (json && format !== undefined && format !== "json")
    fail("usage", `--json and --format ${format} cannot both be meant`);
  if (json) return "json";
  if (format !== undefined) return format;
  if (output === undefined || output === "-") return "mermaid";
  const ending = path.extname(output).toLowerCase();
  return Object.hasOwn(byEnding, ending)
    ? byEnding[ending]!
    : fail("usage", `what should ${output} be? Its ending says nothing`, {
        hint: `give --format: ${graphFormats.join(", ")}`,
      });
}
