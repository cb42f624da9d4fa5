import { mkdirSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import type { ProduceContext } from "../../../cache/wrap.ts";
import { type ProgramEnd, runProgram } from "../../../platform/child-process.ts";
import { systemCode } from "../../../platform/files.ts";
import { commandEnvironment } from "../../../run/command/environment.ts";
import { type ArgumentPaths, undeclaredOutput } from "./arguments.ts";
import type { Outputs } from "./outputs.ts";
import { PrintedLog, type Stream, showPrinted } from "./printed-log.ts";

/** A command ended, and is not kept. */
export class NotKept extends Error {
  override readonly name = "NotKept";
  /** What it ended with, as a shell tells it. */
  readonly code: number;

  /** @param why a sentence; absent where the code says it all */
  constructor(code: number, why?: string) {
    super(why);
    this.code = code;
  }
}

export interface Program {
  readonly argv: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  /** Variables of the environment that it gets beside the usual ones. */
  readonly variables: readonly string[];
  readonly outputs: Outputs;
  readonly paths: ArgumentPaths;
  readonly show: (stream: Stream, bytes: Uint8Array) => Promise<unknown>;
}

/** What a program printed is called in an entry. */
export const printedName = "printed";

/**
 * Runs a program, shows what it prints, and takes that and its outputs for an entry.
 * @throws NotKept where it failed, or made what it was not said to make
 */
export async function runAndKeep(program: Program, { put, tmp, signal }: ProduceContext): Promise<void> {
  const { argv, cwd, outputs, paths, show } = program;
  const [name, ...args] = argv;
  const printed = new PrintedLog(path.join(tmp, "printed"));
  const scratch = path.join(tmp, "tmp");
  mkdirSync(scratch, { mode: 0o700 });
  const env = commandEnvironment(process.env, scratch, variablesOf(program.variables));
  const showing = showPrinted(printed.content(), show);
  let isDone = false;
  try {
    outputs.setAside();
    const take = (stream: Stream) => (chunk: Uint8Array) => printed.add(stream, chunk);
    const end = await runProgram({ program: name, args, cwd, env, stdout: take(1), stderr: take(2), signal }).catch(
      notStarted(name),
    );
    printed.end();
    await showing;
    const code = codeOf(end);
    if (code !== 0) throw new NotKept(code);
    outputs.keep(put);
    const undeclared = undeclaredOutput(paths);
    isDone = true;
    if (undeclared !== undefined)
      throw new NotKept(0, `nothing is kept: the command wrote ${undeclared}, so say --output ${undeclared}`);
    put.file(printedName, printed.path);
  } finally {
    printed.end();
    await showing;
    printed.close();
    if (isDone) outputs.forget();
    else outputs.putBack();
  }
}

function variablesOf(names: readonly string[]): Record<string, string> {
  const wanted: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) Object.defineProperty(wanted, name, { value, enumerable: true });
  }
  return wanted;
}

/** As shells do: 127 for a program that is not there, 126 for one that cannot be run. */
function notStarted(program: string): (error: unknown) => never {
  return (error) => {
    const code = systemCode(error);
    if (code === "ENOENT") throw new NotKept(127, `there is no program ${program}`);
    if (code === "EACCES" || code === "ENOEXEC") throw new NotKept(126, `${program} cannot be run`);
    throw error;
  };
}

/** As shells do: 128 and the number of the signal that ended it. */
function codeOf({ code, signal }: ProgramEnd): number {
  return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}
