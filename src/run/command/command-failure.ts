import { existsSync, statSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { failure, SluiceError } from "../../core/failure.ts";
import type { ProgramEnd } from "../../platform/child-process.ts";
import { mostLast } from "./line-log.ts";

/** A command as it was started. */
export interface Started {
  readonly node: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly shell: boolean;
}

/** Lines of the program's own words are cut at so many UTF-16 units. */
const longest = 300;

/** Why a program could not be started. */
export function notStarted(error: unknown, started: Started): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const told = explanation(code, started);
  if (!told) return error;
  const [message, hint] = told;
  return new SluiceError(failure("stage-failed", `${started.node} failed: ${message}`, { node: started.node, hint }));
}

function explanation(
  code: string | undefined,
  { argv: [program = ""], cwd }: Started,
): readonly [string, string] | undefined {
  const name = JSON.stringify(program);
  const isPath = program.includes("/") || (process.platform === "win32" && program.includes("\\"));
  switch (code) {
    case "ENOENT":
    case "ENOTDIR": {
      if (!isFolder(cwd)) return [`there is no folder ${cwd} to run in`, "make it, or give another `cwd`"];
      if (isPath && existsSync(path.resolve(cwd, program)))
        return [`${name} cannot be run: what its first line (#!) names is not there`, "correct the first line of it"];
      if (isPath)
        return [`there is no program ${name} in ${cwd}`, "paths start from `cwd`, the module's folder unless given"];
      const here = existsSync(path.join(cwd, program));
      const hint = here ? `there is a file of that name: write "./${program}"` : "install it, or correct its name";
      return [`there is no program ${name} on the PATH`, hint];
    }
    case "EACCES":
      if (isPath && isFolder(path.resolve(cwd, program))) return [`${name} is a folder`, "name a program in it"];
      return [`${name} may not be executed`, `make it executable (chmod +x), or name what runs it: ["sh", ${name}]`];
    case "ENOEXEC":
      return [`${name} is no program`, 'begin the script with a line such as "#!/bin/sh", or name what runs it'];
    case "E2BIG":
      return [
        "its arguments are longer than the system takes",
        "give long values as files, and many files as a folder",
      ];
    default:
      return undefined;
  }
}

function isFolder(at: string): boolean {
  return statSync(at, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A program that ended with another exit code than 0: with its last words. */
export function endedBadly({ code, signal }: ProgramEnd, started: Started, last: readonly string[]): SluiceError {
  const { node, argv, shell } = started;
  const program = shell ? "the shell" : path.basename(argv[0] ?? "");
  const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  const lines = last.map((line) => (line.length <= longest ? line : `${line.slice(0, longest)}…`));
  const message = [`${node} failed: ${program} ${how}${lines.length > 0 ? ":" : " and said nothing"}`, ...lines];
  const hint = hintFor(code, signal) ?? (lines.length < mostLast ? undefined : `all of it: sluice logs ${node}`);
  return new SluiceError(
    failure("stage-failed", message.join("\n"), { node, ...(hint === undefined ? {} : { hint }) }),
  );
}

function hintFor(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (code === 127) return "127 is what a shell says when it does not find a program";
  if (code === 126) return "126 is what a shell says when it may not execute a program";
  if (signal === "SIGKILL" || code === 128 + constants.signals.SIGKILL) return "it may have run out of memory";
  return undefined;
}
