import { padEnd } from "../report/width.ts";
import type { Command, CommandGroup } from "./command.ts";
import { commonOptions, type OptionSpec, type OptionSpecs } from "./options.ts";

/** What `sluice --help` prints. */
export function topHelp(commands: readonly (Command | CommandGroup)[]): string {
  return lines([
    "sluice: data pipelines that re-run only what changed, and say why",
    "",
    "usage: sluice COMMAND [arguments] [options]",
    "",
    "commands:",
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    "",
    "options:",
    ...columns([
      ["-h, --help", "show this help, or that of a command"],
      ["--version", "show the version"],
    ]),
    "",
    "sluice COMMAND --help tells more. Start with: sluice init",
  ]);
}

/** What `sluice GROUP --help` prints. */
export function groupHelp({ name, summary, details }: CommandGroup, verbs: readonly Command[]): string {
  return lines([
    `sluice ${name}: ${summary}`,
    "",
    `usage: sluice ${name} VERB [arguments] [options]`,
    ...section(
      "verbs:",
      verbs.map((verb) => [verb.name.slice(name.length + 1), verb.summary]),
    ),
    ...(details ? ["", ...details] : []),
    "",
    `sluice ${name} VERB --help tells more.`,
  ]);
}

/** What `sluice COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const words = command.arguments.map(({ name }) => name);
  const isRunner = command.arguments[0]?.program === true;
  const usage = [
    `usage: sluice ${command.name}`,
    ...(isRunner ? ["[options]", ...words] : [...words, "[options]"]),
  ].join(" ");
  const specs: OptionSpecs = { ...command.options, ...commonOptions };
  return lines([
    `sluice ${command.name}: ${command.summary}`,
    "",
    usage,
    ...section(
      "arguments:",
      command.arguments.map(({ name, help }) => [name, help]),
    ),
    ...section(
      "options:",
      Object.entries(specs).map(([name, spec]) => [optionTitle(name, spec), spec.help]),
    ),
    ...(command.details ? ["", ...command.details] : []),
  ]);
}

function section(title: string, rows: readonly (readonly [string, string])[]): string[] {
  return rows.length === 0 ? [] : ["", title, ...columns(rows)];
}

function optionTitle(name: string, { short, value }: OptionSpec): string {
  return `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${padEnd(left, width)}  ${right}`);
}

function lines(text: readonly string[]): string {
  return `${text.join("\n")}\n`;
}
