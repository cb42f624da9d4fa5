import { parseArgs } from "node:util";
import { fail } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import type { ArgumentSpec } from "./command.ts";
import { commonOptions, type OptionSpec, type OptionSpecs, type OptionValues } from "./options.ts";

interface Parsable<Specs extends OptionSpecs> {
  readonly name: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: Specs;
}

interface Parsed<Specs extends OptionSpecs> {
  readonly args: readonly string[];
  readonly options: OptionValues<Specs & typeof commonOptions>;
}

type OptionToken = {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
};

/**
 * Parses what follows a command's name. `--help` stops all checking: a person who asks for help should get it.
 * @throws SluiceError `usage`
 */
export function parseCall<Specs extends OptionSpecs>(command: Parsable<Specs>, argv: readonly string[]): Parsed<Specs> {
  const specs: OptionSpecs = { ...command.options, ...commonOptions };
  const read = (words: readonly string[]) =>
    parseArgs({ args: [...words], options: forNode(specs), strict: false, allowPositionals: true, tokens: true })
      .tokens;
  let tokens = read(argv);
  const args: string[] = [];
  const program = command.arguments[0]?.program ? tokens.find(({ kind }) => kind === "positional") : undefined;
  if (program) {
    tokens = read(argv.slice(0, program.index)).filter(({ kind }) => kind !== "positional");
    args.push(...argv.slice(program.index));
  }
  const options: Record<string, boolean | string | string[]> = {};
  if (tokens.some((token) => token.kind === "option" && token.name === "help"))
    return { args, options: { help: true } as Parsed<Specs>["options"] };
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.value);
    if (token.kind !== "option") continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (!spec) return unknownOption(token.rawName, specs, command.name);
    const value = checkedValue(token, spec, command.name);
    if (spec.multiple)
      options[token.name] = [...((options[token.name] as string[] | undefined) ?? []), value as string];
    else options[token.name] = value;
  }
  checkArguments(args, command);
  return { args, options: options as Parsed<Specs>["options"] };
}

function forNode(specs: OptionSpecs): Record<string, { type: "boolean" | "string"; short?: string }> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
  );
}

function checkedValue(token: OptionToken, spec: OptionSpec, command: string): boolean | string {
  const { rawName, value, inlineValue } = token;
  if (spec.type === "boolean") {
    if (value !== undefined) usage(`${rawName} takes no value`, command);
    return true;
  }
  // `--cache --json` is a forgotten value, not a value that is called --json
  const forgotten = value === undefined || (!inlineValue && value.startsWith("-") && value !== "-");
  if (forgotten || value === "") usage(`${rawName} needs a value: ${rawName} ${spec.value ?? "VALUE"}`, command);
  if (spec.choices && !spec.choices.includes(value)) {
    usage(`${rawName} takes ${orList(spec.choices)}, not "${value}"`, command);
  }
  return value;
}

function unknownOption(rawName: string, specs: OptionSpecs, command: string): never {
  const near = nearest(
    rawName,
    Object.keys(specs).map((name) => `--${name}`),
  );
  fail("usage", `sluice ${command} has no option ${rawName}`, {
    hint: near && rawName.startsWith("--") ? `did you mean ${near}?` : `see sluice ${command} --help`,
  });
}

function checkArguments(args: readonly string[], command: Parsable<OptionSpecs>): void {
  const specs = command.arguments;
  const missing = specs.find((spec, i) => spec.required && args[i] === undefined);
  if (missing) usage(`sluice ${command.name} needs ${missing.name}`, command.name);
  if (!specs.some((spec) => spec.rest) && args.length > specs.length) {
    usage(`sluice ${command.name} takes no "${args[specs.length]}"`, command.name);
  }
  for (const [i, { choices }] of specs.entries()) {
    const given = args[i];
    if (given === undefined || !choices || choices.includes(given)) continue;
    const near = nearest(given, choices);
    fail("usage", `sluice ${command.name} ${given} does not exist: it is ${orList(choices)}`, {
      hint: near ? `did you mean ${near}?` : `see sluice ${command.name} --help`,
    });
  }
}

function orList(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function usage(message: string, command: string): never {
  fail("usage", message, { hint: `see sluice ${command} --help` });
}
