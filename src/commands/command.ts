import type { OptionSpecs, OptionValues } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** What a command takes beside its options. */
export interface ArgumentSpec {
  /** As the help shows it: `NODE`, `[RUN]`, `[TARGET...]`. */
  readonly name: string;
  readonly required?: boolean;
  /** Takes all that are left. */
  readonly rest?: boolean;
  readonly help: string;
  /** The only values that are taken. */
  readonly choices?: readonly string[];
  /** Is a program to run: what comes after it is its, options too. */
  readonly program?: boolean;
  /** May also come in the place of one before it. */
  readonly early?: boolean;
}

/** One call of a command, parsed. */
export interface Call<Specs extends OptionSpecs = OptionSpecs> {
  readonly args: readonly string[];
  readonly options: OptionValues<Specs>;
  readonly terminal: Terminal;
}

/** One verb of the command line. From this the parser, the help and (later) shell completions are made. */
export interface Command<Specs extends OptionSpecs = OptionSpecs> {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What else a reader of `--help` should know. */
  readonly details?: readonly string[];
  readonly arguments: readonly ArgumentSpec[];
  readonly options: Specs;
  /** Does it; gives the exit code. What it needs of the engine it imports here, so that help and errors load nothing. */
  run(call: Call<Specs>): Promise<ExitCode>;
}

/** Commands under one name: `sluice cache gc`. The name of each begins with the group's. */
export interface CommandGroup {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What else a reader of `--help` should know. */
  readonly details?: readonly string[];
  /** By the word after the group's name, in the order of the help; loaded when it is asked for. */
  readonly verbs: Readonly<Record<string, () => Promise<Command>>>;
}

/** Whether what stands in the catalogue is a group. */
export function isGroup(entry: Command | CommandGroup): entry is CommandGroup {
  return "verbs" in entry;
}

/** 0 done, 1 a node failed (or damage was found), 2 the call or the pipeline is wrong, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

/** Declares a command, so that the compiler knows its options inside `run`. */
export function defineCommand<const Specs extends OptionSpecs>(command: Command<Specs>): Command<Specs> {
  return command;
}
