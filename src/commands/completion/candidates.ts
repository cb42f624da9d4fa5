import type { ArgumentSpec, Command } from "../command.ts";
import { commonOptions, type OptionSpec, type OptionSpecs } from "../options.ts";

/** What may stand where the cursor is. */
export interface Completion {
  /** `words`: only the candidates; else also paths, which the shell knows better. */
  readonly kind: "words" | "files" | "folders";
  readonly candidates: readonly Candidate[];
}

export interface Candidate {
  /** The whole word. */
  readonly word: string;
  /** One line for shells that show one. */
  readonly help?: string;
  /** The word goes on: no space comes after it. */
  readonly open?: true;
}

/** What only the project can say. */
export interface Names {
  nodes(): Promise<readonly Candidate[]>;
  /** Names of parameters. */
  params(): Promise<readonly Candidate[]>;
  runs(): Promise<readonly Candidate[]>;
}

/** What a placeholder of the help stands for; undefined for what nobody can guess. */
export type Meaning = "node" | "run" | "param" | "file" | "folder" | undefined;

/**
 * The placeholders of arguments and options. Those that are not in this table are free text; a test goes through all commands,
 * so that a new one is thought of.
 */
export function meaningOf(placeholder: string): Meaning {
  const plain = placeholder.replace(/^\[|\]$|\.\.\.|\]$/g, "");
  if (/^(?:NODE|TARGET|NAME|NODE\|KEY)$/.test(plain)) return "node";
  if (/^RUN(?:_[AB])?$/.test(plain)) return "run";
  if (plain === "NAME=VALUE") return "param";
  if (/^(?:FILE|PATH|ARGUMENT)$/.test(plain)) return "file";
  if (plain === "DIR") return "folder";
  return undefined;
}

const nothing: Completion = { kind: "words", candidates: [] };

/** Completes the arguments and options of a command. @param words those after its name and before the cursor's */
export async function completeCall(
  command: Pick<Command, "arguments" | "options">,
  words: readonly string[],
  current: string,
  names: Names,
): Promise<Completion> {
  const specs: OptionSpecs = { ...command.options, ...commonOptions };
  const { given, positionals, pending, isOver } = read(words, specs);
  if (pending) return valuesOf(pending, "", current, names);
  const inline = isOver ? null : /^(--[^=]+=)(.*)$/s.exec(current);
  if (inline) {
    const spec = specs[inline[1]!.slice(2, -1)];
    return spec?.type === "string" ? valuesOf(spec, inline[1]!, inline[2]!, names) : nothing;
  }
  if (current.startsWith("-") && !isOver) return matching(optionsOf(specs, given), current);
  return argumentsOf(command.arguments, positionals, current, names);
}

interface Read {
  readonly given: ReadonlySet<string>;
  readonly positionals: number;
  /** The option whose value is the word at the cursor. */
  readonly pending: OptionSpec | undefined;
  /** `--` was given: no options come any more. */
  readonly isOver: boolean;
}

function read(words: readonly string[], specs: OptionSpecs): Read {
  const given = new Set<string>();
  let [positionals, isOver] = [0, false];
  let pending: OptionSpec | undefined;
  for (const word of words) {
    if (pending) {
      pending = undefined;
      continue;
    }
    if (isOver || word === "-" || !word.startsWith("-")) positionals++;
    else if (word === "--") isOver = true;
    else {
      const name = optionNamed(word, specs);
      if (name === undefined) continue;
      given.add(name);
      if (specs[name]!.type === "string" && !word.includes("=")) pending = specs[name];
    }
  }
  return { given, positionals, pending, isOver };
}

/** The option that a word is, whose value may follow: `--set`, `-f`, and `-kj`, which ends in `-j`. */
function optionNamed(word: string, specs: OptionSpecs): string | undefined {
  if (word.startsWith("--")) {
    const name = word.slice(2).split("=", 1)[0]!;
    return Object.hasOwn(specs, name) ? name : undefined;
  }
  const last = word.at(-1);
  return Object.keys(specs).find((name) => specs[name]!.short === last);
}

function optionsOf(specs: OptionSpecs, given: ReadonlySet<string>): readonly Candidate[] {
  return Object.entries(specs)
    .filter(([name, { multiple }]) => multiple || !given.has(name))
    .map(([name, { help }]) => ({ word: `--${name}`, help }));
}

async function argumentsOf(
  specs: readonly ArgumentSpec[],
  position: number,
  current: string,
  names: Names,
): Promise<Completion> {
  const last = specs.at(-1);
  const here = specs[position] ?? (last?.rest ? last : undefined);
  if (!here) return nothing;
  const fitting = [here, ...specs.slice(position + 1).filter(({ early }) => early)];
  const found = await Promise.all(
    fitting.map(({ name, choices }) => valuesOf({ value: name, ...(choices ? { choices } : {}) }, "", current, names)),
  );
  return { kind: found[0]!.kind, candidates: found.flatMap(({ candidates }) => candidates) };
}

/** @param before what of the word stands before the value: `--cache=` */
async function valuesOf(
  { value = "", choices }: Pick<OptionSpec, "value" | "choices">,
  before: string,
  current: string,
  names: Names,
): Promise<Completion> {
  const of = (candidates: readonly Candidate[]): Completion =>
    matching(
      candidates.map((each) => ({ ...each, word: before + each.word })),
      before + current,
    );
  if (choices) return of(choices.map((word) => ({ word })));
  switch (meaningOf(value)) {
    case "node":
      return of(await names.nodes());
    case "run":
      return of(await names.runs());
    case "param":
      return of((await names.params()).map((each) => ({ ...each, word: `${each.word}=`, open: true })));
    case "file":
      return { kind: "files", candidates: [] };
    case "folder":
      return { kind: "folders", candidates: [] };
    case undefined:
      return nothing;
  }
}

/** More than this nobody reads. */
const mostCandidates = 1_000;

/** Those that go on from what is there already. */
export function matching(candidates: readonly Candidate[], current: string): Completion {
  const found = candidates.filter(({ word }) => word.startsWith(current) && isPrintable(word));
  return { kind: "words", candidates: found.slice(0, mostCandidates) };
}

/** What is not could move the cursor of a terminal, or pass for two words. */
function isPrintable(word: string): boolean {
  return !/\p{Cc}|\u2028|\u2029/u.test(word);
}
