import { fail, failure, SluiceError } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import { catalogue } from "./catalogue.ts";
import { type Command, type CommandGroup, type ExitCode, isGroup } from "./command.ts";
import { takeWord } from "./command-index.ts";
import { guardProcess } from "./guard.ts";
import { hidden } from "./hidden.ts";
import { parseCall } from "./parse.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** Runs one command line, without the program's name; gives the exit code. Never throws for a user's mistake. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const flags = argv.slice(0, end);
  const terminal = processTerminal({ noColor: flags.includes("--no-color") });
  const json = flags.includes("--json");
  const release = guardProcess(terminal, { json });
  const trouble = async (error: unknown): Promise<ExitCode> => {
    const { reportTrouble } = await import("./trouble.ts");
    return reportTrouble(error, terminal, { json });
  };
  let code: ExitCode;
  try {
    code = await dispatch(argv, terminal);
  } catch (error) {
    code = await trouble(error);
  }
  const unwritten = await terminal.flush();
  release();
  if (!unwritten) return code;
  return trouble(new SluiceError(failure("io", `the results cannot be written: ${unwritten.message}`)));
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, rest] = takeWord(argv);
  if (name === undefined) return noCommand(rest, terminal);
  if (name === "help") return help(rest, terminal);
  if (Object.hasOwn(hidden, name)) return hidden[name]!(rest, terminal);
  const entry = await entryNamed(name);
  if (!isGroup(entry)) return runCommand(entry, rest, terminal);
  const [verb, left] = takeWord(rest);
  if (verb === undefined && wantsHelp(left)) return help([name], terminal);
  return runCommand(await verbNamed(entry, verb), left, terminal);
}

async function runCommand(command: Command, argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { args, options } = parseCall(command, argv);
  if (options.help) return help(command.name.split(" "), terminal);
  return command.run({ args, options, terminal });
}

async function entryNamed(name: string): Promise<Command | CommandGroup> {
  const load = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (load) return load();
  const near = nearest(name, Object.keys(catalogue));
  return fail("usage", `there is no command "${name}"`, {
    hint: near ? `did you mean sluice ${near}?` : "see sluice --help; to run a node: sluice run NODE",
  });
}

async function verbNamed({ name, verbs }: CommandGroup, verb: string | undefined): Promise<Command> {
  const load = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (load) return load();
  const words = Object.keys(verbs);
  const all = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  if (verb === undefined) fail("usage", `sluice ${name} needs a verb: ${all}`, { hint: `see sluice ${name} --help` });
  const near = nearest(verb, words);
  return fail("usage", `sluice ${name} ${verb} does not exist: it is ${all}`, {
    hint: near ? `did you mean sluice ${name} ${near}?` : `see sluice ${name} --help`,
  });
}

function wantsHelp(words: readonly string[]): boolean {
  return words.includes("--help") || words.includes("-h");
}

async function noCommand(rest: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (rest.includes("--version") || rest.includes("-V")) {
    const { version } = await import("./version.ts");
    terminal.out.write(`${version()}\n`);
    return 0;
  }
  const unknown = rest.find((word) => !["--help", "-h", "--no-color"].includes(word));
  if (unknown === undefined) return help([], terminal);
  const near = nearest(unknown, ["--help", "--version"]);
  fail("usage", `sluice has no option ${unknown} without a command`, {
    hint: near ? `did you mean ${near}?` : "see sluice --help",
  });
}

async function help(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { commandHelp, groupHelp, topHelp } = await import("./help.ts");
  const [name, verb] = words.filter((word) => !word.startsWith("-"));
  if (name === undefined) {
    const entries = await Promise.all(Object.values(catalogue).map((load) => load()));
    terminal.out.write(topHelp(entries));
    return 0;
  }
  const entry = await entryNamed(name);
  if (!isGroup(entry)) terminal.out.write(commandHelp(entry));
  else if (verb === undefined)
    terminal.out.write(groupHelp(entry, await Promise.all(Object.values(entry.verbs).map((load) => load()))));
  else terminal.out.write(commandHelp(await verbNamed(entry, verb)));
  return 0;
}
