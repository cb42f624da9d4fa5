import type { Placeholder, Template } from "./template.ts";

/** What a command runs, and how. */
export interface CommandSpec {
  /** The program and its arguments; of a shell command, the command alone. */
  readonly argv: readonly Template[];
  /** The same as the author wrote them. */
  readonly written: readonly string[];
  /** Whether `argv` is one command for a shell. */
  readonly shell: boolean;
  readonly stdout: CommandStdout;
  /** The input that the program reads from its standard input; nothing unless given. */
  readonly stdin?: Placeholder;
  /** Variables that the program gets as they are around it; each is an input, called {@link variableInput}. */
  readonly passed: readonly string[];
  /** Variables that are set for the program. */
  readonly env: Readonly<Record<string, Template>>;
  /** Where it runs: a path relative to the module's folder, or `{tmp}` for a folder of its own. */
  readonly cwd: string;
  /** The absolute path of the folder that it runs in; undefined for one of its own. Computed when asked for. */
  readonly folder: () => string | undefined;
  /** The outputs that are folders. */
  readonly folders: ReadonlySet<string>;
}

/** What becomes of what a program prints: `log` is its log, `output` the name of an output that it is written to. */
export type CommandStdout = "log" | "text" | "json" | "ignore" | { readonly output: string };

/** The place of a folder of the attempt's own. */
export const ownFolder = "tmp";

/** The input that holds a variable of the environment. No input of a user's is called so. */
export function variableInput(variable: string): string {
  return `$${variable}`;
}
