import path from "node:path";
import { parseShell } from "../core/command/shell.ts";
import { type CommandSpec, type CommandStdout, ownFolder, variableInput } from "../core/command/spec.ts";
import {
  onlyPlaceholder,
  type Placeholder,
  parseTemplate,
  placeholders,
  placeholderText,
  type Template,
} from "../core/command/template.ts";
import { nearest } from "../core/graph.ts";
import type { CommandOptions } from "./command-types.ts";
import { aBoolean, type Declaring, isRecord, kindOf, type OptionRules } from "./declaration.ts";
import { stageRules } from "./stage-options.ts";

const { format: _, formatOptions: __, output: ___, ...shared } = stageRules;

/** What the options of a command must be. */
export const commandRules: OptionRules = {
  ...shared,
  stdout: (value) => (typeof value === "string" ? undefined : "log, text, json, ignore, or an output as {name}"),
  stdin: (value) => (typeof value === "string" ? undefined : "an input as {name}"),
  env: (value) => (isVariables(value) ? undefined : "a list of names, or an object with a text or true for each"),
  cwd: (value) => (typeof value === "string" && value !== "" && !value.includes("\0") ? undefined : "a path"),
  shell: aBoolean,
};

function isVariables(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isVariable);
  if (!isRecord(value) || !Object.keys(value).every(isVariable)) return false;
  return Object.values(value).every((text) => text === true || (typeof text === "string" && !text.includes("\0")));
}

function isVariable(name: unknown): boolean {
  return typeof name === "string" && /^[^=\0]+$/.test(name);
}

/** Checks and takes apart what a command was declared with, after {@link commandRules} has passed the options. */
export function commandSpec(
  declaring: Declaring,
  inputs: Readonly<Record<string, unknown>>,
  argv: unknown,
  options: CommandOptions<unknown>,
): CommandSpec {
  const places = new Places(declaring, Object.keys(inputs), options.outputs ?? {});
  const shell = options.shell ?? false;
  const written = shell ? [shellText(declaring, argv)] : argumentList(declaring, argv);
  const templates = written.map((text) => places.parse(text));
  if (shell) {
    const parsed = parseShell(templates[0]!);
    if ("problem" in parsed) declaring.wrong(parsed.problem, parsed.hint);
  }
  const { passed, set } = variables(options.env ?? []);
  const env = Object.fromEntries(Object.entries(set).map(([name, text]) => [name, places.parse(text)]));
  const stdout = stdoutOf(declaring, options, places);
  const stdin = stdinOf(declaring, options, places, Object.keys(inputs));
  places.requireOutputs();
  const cwd = options.cwd ?? ".";
  const { base } = declaring;
  return {
    argv: templates,
    written,
    shell,
    stdout,
    ...(stdin && { stdin }),
    passed,
    env,
    cwd,
    folder: () => (cwd === `{${ownFolder}}` ? undefined : path.resolve(base(), cwd)),
    folders: new Set(Object.entries(options.outputs ?? {}).flatMap(([name, at]) => (at.endsWith("/") ? [name] : []))),
  };
}

function argumentList(declaring: Declaring, argv: unknown): readonly string[] {
  if (typeof argv === "string") {
    declaring.wrong(
      `command() needs a list of arguments, not ${kindOf(argv)}`,
      `write ["sort", "{data}"], or add { shell: true } if it is a command for a shell`,
    );
  }
  if (!Array.isArray(argv) || argv.length === 0 || !argv.every((text) => typeof text === "string")) {
    declaring.wrong(`command() needs a program with its arguments as a list of texts, not ${kindOf(argv)}`);
  }
  if (argv[0] === "") declaring.wrong("command() needs the name of a program, not an empty text");
  if (argv.some((text: string) => text.includes("\0"))) declaring.wrong("an argument cannot hold a zero byte");
  return [...argv];
}

function shellText(declaring: Declaring, argv: unknown): string {
  const [text] = Array.isArray(argv) && argv.length === 1 ? argv : [argv];
  if (typeof text !== "string" || text.trim() === "" || text.includes("\0")) {
    declaring.wrong(`command() with { shell: true } needs the command as one text, not ${kindOf(argv)}`);
  }
  return text;
}

function variables(given: NonNullable<CommandOptions<unknown>["env"]>): {
  readonly passed: readonly string[];
  readonly set: Readonly<Record<string, string>>;
} {
  if (Array.isArray(given)) return { passed: [...new Set<string>(given)], set: {} };
  const all = Object.entries(given as Readonly<Record<string, string | true>>);
  return {
    passed: all.flatMap(([name, text]) => (text === true ? [name] : [])),
    set: Object.fromEntries(all.flatMap(([name, text]) => (text === true ? [] : [[name, text]]))),
  };
}

const modes: readonly string[] = ["log", "text", "json", "ignore"];

function stdoutOf(declaring: Declaring, { stdout, outputs }: CommandOptions<unknown>, places: Places): CommandStdout {
  if (stdout === undefined) return "log";
  if (!modes.includes(stdout)) {
    const place = stdout.startsWith("{") ? onlyPlaceholder(places.parse(stdout)) : undefined;
    if (place && outputs && Object.hasOwn(outputs, place.name) && place.member === undefined) {
      if (outputs[place.name]!.endsWith("/")) declaring.wrong(`stdout cannot be written to the folder ${stdout}`);
      return { output: place.name };
    }
    const near = nearest(stdout, modes);
    const hint = near ? `did you mean "${near}"?` : 'to keep it as a file: outputs: { name: PATH }, stdout: "{name}"';
    declaring.wrong(`stdout must be log, text, json, ignore, or an output as {name}, not ${kindOf(stdout)}`, hint);
  }
  if (outputs !== undefined && (stdout === "text" || stdout === "json")) {
    declaring.wrong(
      `a command gives either its outputs or its stdout as ${stdout}`,
      'write stdout to an output of its own: outputs: { ..., printed: PATH }, stdout: "{printed}"',
    );
  }
  return stdout as CommandStdout;
}

function stdinOf(
  declaring: Declaring,
  { stdin }: CommandOptions<unknown>,
  places: Places,
  inputs: readonly string[],
): Placeholder | undefined {
  if (stdin === undefined) return undefined;
  const place = stdin.startsWith("{") ? onlyPlaceholder(places.parse(stdin)) : undefined;
  if (place && inputs.includes(place.name)) return place;
  const near = nearest(stdin.replace(/[{}]/g, ""), inputs);
  declaring.wrong(
    `stdin must be an input as {name}, not ${kindOf(stdin)}`,
    near === undefined
      ? 'name it among the inputs: command({ data }, [...], { stdin: "{data}" })'
      : `did you mean "{${near}}"?`,
  );
}

/** The names that may stand in braces. */
class Places {
  readonly #declaring: Declaring;
  readonly #inputs: readonly string[];
  readonly #outputs: readonly string[];
  readonly #told = new Set<string>();

  constructor(declaring: Declaring, inputs: readonly string[], outputs: Readonly<Record<string, string>>) {
    this.#declaring = declaring;
    this.#inputs = inputs;
    this.#outputs = Object.keys(outputs);
    const hidden = inputs.find((name) => name.startsWith(variableInput("")));
    if (hidden !== undefined) declaring.wrong(`the name of an input cannot begin with $: ${kindOf(hidden)}`);
    const both = this.#outputs.find((name) => inputs.includes(name));
    if (both !== undefined) {
      declaring.wrong(`{${both}} would be both an input and an output`, "give one of them another name");
    }
  }

  parse(text: string): Template {
    const template = parseTemplate(text);
    if ("problem" in template) this.#declaring.wrong(template.problem, template.hint);
    for (const place of placeholders(template)) this.#check(place);
    return template;
  }

  #check(place: Placeholder): void {
    const { name, member } = place;
    if (this.#outputs.includes(name) && member === undefined) this.#told.add(name);
    else if (!this.#inputs.includes(name) && !(name === ownFolder && member === undefined)) {
      const known = [...this.#inputs, ...this.#outputs];
      const near = nearest(name, known);
      const all = known.map((each) => `{${each}}`).join(", ");
      const hint = near
        ? `did you mean {${near}}?`
        : `${known.length > 0 ? `there is ${all}` : "it has no inputs and no outputs"}; {{${name}}} is the text itself`;
      this.#declaring.wrong(`${placeholderText(place)} is neither an input nor an output of this command`, hint);
    }
  }

  /** An output that the program is not told of cannot be written. */
  requireOutputs(): void {
    const untold = this.#outputs.find((name) => !this.#told.has(name));
    if (untold === undefined) return;
    this.#declaring.wrong(
      `the program is not told where to write its output "${untold}"`,
      `put {${untold}} among the arguments, or give stdout: "{${untold}}"`,
    );
  }
}
