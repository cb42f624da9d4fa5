import { fail } from "../../core/failure.ts";
import { formatByEnding, type PictureFormat, pictureFormats } from "../../picture/draw.ts";

/** How a graph can be given out. */
export type GraphFormat = PictureFormat | "text" | "json";

export const graphFormats = ["text", ...pictureFormats, "json"] as const;

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
  return (
    formatByEnding(output) ??
    other(output) ??
    fail("usage", `what should ${output} be? Its ending says nothing`, {
      hint: `give --format: ${graphFormats.join(", ")}`,
    })
  );
}

function other(output: string): GraphFormat | undefined {
  if (/\.txt$/i.test(output)) return "text";
  return /\.json$/i.test(output) ? "json" : undefined;
}
