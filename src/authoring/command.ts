import { variableInput } from "../core/command/spec.ts";
import { definitionOf, type StageNode } from "../core/node.ts";
import { commandRules, commandSpec } from "./command-options.ts";
import type { CommandOptions, CommandValue, StdoutMode } from "./command-types.ts";
import { Declaring, handleOf, isRecord, kindOf } from "./declaration.ts";
import { placeBeside, stageHandle } from "./stage.ts";
import { settingsOf } from "./stage-options.ts";
import type { Stage } from "./stage-types.ts";

/**
 * Declares a command: a program that is run with the values of other nodes, and whose result is kept and reused while nothing
 * that it depends on has changed. `{name}` in an argument stands for an input or an output: a file or folder for its path,
 * a text, number or boolean for itself, anything else for the path of a JSON file. An argument that is the path of a file counts
 * with what is in the file, so a script that is edited runs again.
 *
 * There is no shell unless `shell: true` asks for one: then the second argument is one text, and values can be anything without being
 * read as shell syntax. The program gets no variables of the environment but those in `env`, and `PATH`, `HOME`
 * and a few that are always the same.
 *
 * @param inputs nodes or plain values by the name that stands for them in braces; all of them count, also those that no
 *   argument uses
 * @param argv the program and its arguments; `{{` and `}}` are braces
 * @throws SluiceError `invalid-definition` for a name in braces that is neither an input nor an output, and for wrong options
 *
 * @example
 * ```ts
 * import { command, file } from "sluice";
 *
 * const raw = file("data/raw.csv");
 * export const clean = command({ raw }, ["python3", "scripts/clean.py", "{raw}", "--out={table}"], {
 *   outputs: { table: "out/clean.csv" },
 * });
 * export const count = command({ clean }, "wc -l < {clean.table}", { shell: true, stdout: "json" });
 * ```
 */
export function command<
  Inputs extends Readonly<Record<string, unknown>>,
  const Outputs extends Readonly<Record<string, string>> = Readonly<Record<never, string>>,
  const Stdout extends StdoutMode<Outputs> = "log",
>(
  inputs: Inputs,
  argv: readonly string[],
  options?: CommandOptions<CommandValue<Outputs, Stdout>, Outputs, Stdout> & { readonly shell?: false },
): Stage<CommandValue<Outputs, Stdout>>;
export function command<
  Inputs extends Readonly<Record<string, unknown>>,
  const Outputs extends Readonly<Record<string, string>> = Readonly<Record<never, string>>,
  const Stdout extends StdoutMode<Outputs> = "log",
>(
  inputs: Inputs,
  text: string,
  options: CommandOptions<CommandValue<Outputs, Stdout>, Outputs, Stdout> & { readonly shell: true },
): Stage<CommandValue<Outputs, Stdout>>;
export function command(
  inputs: Readonly<Record<string, unknown>>,
  argv: readonly string[] | string,
  options: CommandOptions<never> = {},
): Stage<unknown> {
  const declaring = new Declaring("command");
  const common = declaring.options(options, commandRules);
  if (!isRecord(inputs)) {
    const hint = kindOf(inputs) === "a node" ? "wrap it in an object: command({ name }, ...)" : "pass {} for none";
    declaring.wrong(`command() needs an object of named inputs as its first argument, not ${kindOf(inputs)}`, hint);
  }
  const given = options as CommandOptions<unknown>;
  const spec = commandSpec(declaring, inputs, argv, given);
  const { stdout: _, env: __, cwd: ___, shell: ____, stdin: _____, ...settings } = given;
  const node: StageNode = {
    kind: "command",
    inputs: withVariables(inputs, spec.passed),
    run: async (values, context) => {
      const { runCommand } = await import("../run/command/run-command.ts");
      const lists = Object.keys(inputs).filter((name) => definitionOf(inputs[name])?.kind === "glob");
      return runCommand(spec, values, context, new Set(lists));
    },
    site: declaring.site,
    ...common,
    ...settingsOf(declaring, settings),
    command: spec,
  };
  placeBeside(node, declaring, undefined, given.outputs);
  return stageHandle(node);
}

/** Variables that the program gets are inputs like any other: versioned, and treated as secrets. */
function withVariables(
  inputs: Readonly<Record<string, unknown>>,
  passed: readonly string[],
): Readonly<Record<string, unknown>> {
  if (passed.length === 0) return inputs;
  // Whole properties, because a getter is not to be asked before the graph is built.
  const all = Object.defineProperties({}, Object.getOwnPropertyDescriptors(inputs)) as Record<string, unknown>;
  // Declared nowhere by themselves: else they would be called after the command.
  const site = () => [];
  for (const variable of passed) {
    all[variableInput(variable)] = handleOf({ kind: "env", variable, site, fallback: { value: undefined } });
  }
  return all;
}
