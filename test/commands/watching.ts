import { readFile } from "node:fs/promises";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { RigProject, Started } from "../rig/rig.ts";

/** A `sluice run --watch` under way, of which a test waits for what it says next. */
export interface Watching extends AsyncDisposable {
  readonly process: Started;
  /** Resolves when it has said this since the last time that it was asked, and gives what it said up to the end of that line. */
  says(text: string): Promise<string>;
  /** Resolves with what it said since, once it waits for changes again. */
  waits(): Promise<string>;
  /** What it has said since the last time that it was asked. */
  rest(): string;
}

export function watch(project: RigProject, ...args: string[]): Watching {
  const started = project.start({}, "run", "--watch", ...args);
  // A test that runs out of time leaves no scope.
  onTestFinished(() => started.kill("SIGKILL"));
  let seen = 0;
  const says = async (text: string): Promise<string> => {
    await started.until(
      ({ stderr }) => stderr.indexOf("\n", Math.max(0, stderr.indexOf(text, seen))) >= 0 && stderr.includes(text, seen),
    );
    const { stderr } = started.written();
    const end = stderr.indexOf("\n", stderr.indexOf(text, seen)) + 1;
    const said = stderr.slice(seen, end);
    seen = end;
    return said;
  };
  return {
    process: started,
    says,
    waits: () => says("waiting for changes ("),
    rest: () => started.written().stderr.slice(seen),
    [Symbol.asyncDispose]: async () => {
      started.kill("SIGINT");
      await started.finished;
    },
  };
}

/** The lines of a file that stages append to, in which a test sees what really ran. */
export async function linesOf(project: RigProject, file: string): Promise<string[]> {
  try {
    return (await readFile(path.join(project.dir, file), "utf8")).split("\n").slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Resolves when something has come about that no process says. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
