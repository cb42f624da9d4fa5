import type { Output } from "../report/output.ts";
import type { Terminal } from "./terminal.ts";

/** Prints the one document of `--json`. */
export function printJson(terminal: Terminal, document: unknown): void {
  terminal.out.write(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** Prints lines, if there are any. */
export function printLines(output: Output, lines: readonly string[]): void {
  if (lines.length > 0) output.write(`${lines.join("\n")}\n`);
}
