import { fail, failure, SluiceError } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import { catalogue } from "./catalogue.ts";
import type { ExitCode } from "./command.ts";
import { commandIndex } from "./command-index.ts";
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
  const at = commandIndex(argv);
  const name = at === undefined ? undefined : argv[at]!;
  const rest = argv.filter((_, i) => i !== at);
  if (name === undefined) return noCommand(rest, terminal);
  if (name === "help") return help(rest[0], terminal);
  if (Object.hasOwn(hidden, name)) return hidden[name]!(rest, terminal);
  const load = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (!load) return unknownCommand(name);
  const command = await load();
  const { args, options } = parseCall(command, rest);
  if (options.help) return help(name, terminal);
  return command.run({ args, options, terminal });
}

async function noCommand(rest: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (rest.includes("--version") || rest.includes("-V")) {
    const { version } = await import("./version.ts");
    terminal.out.write(`${version()}\n`);
    return 0;
  }
  const unknown = rest.find((word) => !["--help", "-h", "--no-color"].includes(word));
  if (unknown === undefined) return help(undefined, terminal);
  const near = nearest(unknown, ["--help", "--version"]);
  fail("usage", `sluice has no option ${unknown} without a command`, {
    hint: near ? `did you mean ${near}?` : "see sluice --help",
  });
}

async function help(name: string | undefined, terminal: Terminal): Promise<ExitCode> {
  const { commandHelp, topHelp } = await import("./help.ts");
  if (name === undefined || name.startsWith("-")) {
    const commands = await Promise.all(Object.values(catalogue).map((load) => load()));
    terminal.out.write(topHelp(commands));
    return 0;
  }
  const load = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (!load) return unknownCommand(name);
  terminal.out.write(commandHelp(await load()));
  return 0;
}

function unknownCommand(name: string): never {
  const near = nearest(name, Object.keys(catalogue));
  fail("usage", `there is no command "${name}"`, {
    hint: near ? `did you mean sluice ${near}?` : "see sluice --help; to run a node: sluice run NODE",
  });
}
