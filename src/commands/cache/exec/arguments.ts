import path from "node:path";
import { isForShell, shellWords } from "../../../core/command/shell-words.ts";
import { pathsIn } from "../../../run/command/argument-files.ts";
import { statOf } from "../key-flags.ts";
import type { Outputs } from "./outputs.ts";

/** What the arguments of a command may mean beside themselves. */
export interface ArgumentPaths {
  /** Files that are there: as an argument has it, and where. */
  readonly files: readonly (readonly [written: string, at: string])[];
  /** Paths where nothing is: the command may make something there. */
  readonly free: readonly (readonly [written: string, at: string])[];
}

/** Looks at the paths that arguments may mean; a bare name of a program is looked up on the `PATH`, and outputs are no inputs. */
export function argumentPaths(argv: readonly string[], cwd: string, outputs: Outputs): ArgumentPaths {
  const files: (readonly [string, string])[] = [];
  const free: (readonly [string, string])[] = [];
  const seen = new Set<string>();
  for (const [i, argument] of argv.entries()) {
    if (i === 0 && !/[/\\]/.test(argument)) continue;
    const texts = isForShell(argv, i) ? shellWords(argument).map(({ text }) => text) : [argument];
    for (const written of texts.flatMap(pathsIn)) {
      const at = path.resolve(cwd, written);
      if (seen.has(at) || outputs.has(at)) continue;
      seen.add(at);
      const found = statOf(at);
      if (found?.isFile()) files.push([written, at]);
      else if (!found) free.push([written, at]);
    }
  }
  return { files, free };
}

/** A path at which a command made something that it was not said to make. */
export function undeclaredOutput({ free }: ArgumentPaths): string | undefined {
  return free.find(([, at]) => statOf(at)?.isFile())?.[0];
}
