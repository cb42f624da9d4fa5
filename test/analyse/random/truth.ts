import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Program } from "./generator.ts";

export interface Question {
  readonly id: number;
  readonly files: Program;
}

/** What every stage gives or throws, as text; or why the program cannot be loaded. */
export type Truth =
  | { readonly values: Readonly<Record<string, string>>; readonly failed?: undefined }
  | { readonly failed: string };

/** How long a program may take: some that edits make never end. */
const patienceMs = 10_000;

/** Runs programs for real, in a process of its own. */
export class TruthProcess {
  #child: ChildProcess | undefined;
  #count = 0;

  /** One program at a time. */
  async of(files: Program): Promise<Truth> {
    this.#child ??= fork(fileURLToPath(new URL("truth-process.ts", import.meta.url)), {
      execArgv: ["--experimental-vm-modules", "--no-warnings", "--max-old-space-size=512"],
      env: { ...process.env, NODE_OPTIONS: "", VITEST: "" },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const child = this.#child;
    const id = this.#count++;
    const truth = await new Promise<Truth>((resolve) => {
      const late = setTimeout(() => child.kill("SIGKILL"), patienceMs);
      const answer = ({ truth }: { readonly truth: Truth }): void => done(truth);
      const end = (): void => {
        this.#child = undefined;
        done({ failed: "it does not end" });
      };
      const done = (truth: Truth): void => {
        clearTimeout(late);
        child.off("message", answer);
        child.off("exit", end);
        resolve(truth);
      };
      child.once("message", answer);
      child.once("exit", end);
      child.send({ id, files } satisfies Question);
    });
    return truth;
  }

  end(): void {
    this.#child?.kill();
  }
}
