import { EventLines } from "./lines.ts";
import type { Loudness, Output, Report } from "./output.ts";

/** Follows a run with plain lines, for pipes, files and CI. */
export function plainReport(output: Output, options: { readonly loudness: Loudness; readonly cwd: string }): Report {
  const lines = new EventLines({ ...options, style: output.style });
  return {
    onEvent: (event) => {
      const text = lines.of(event);
      if (text.length > 0) output.write(`${text.join("\n")}\n`);
    },
    close: () => {},
  };
}
