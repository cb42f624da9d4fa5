import { rm } from "node:fs/promises";
import path from "node:path";
import { ensureDir, systemCode } from "../../platform/files.ts";

/** The folder of one attempt at a stage. It and what is in it are made when they are first needed. */
export class AttemptFolder {
  /** Absolute. */
  readonly path: string;
  #made = false;

  constructor(at: string) {
    this.path = at;
  }

  /** The path of a folder inside, which is there from now on. */
  sub(name: string): string {
    const at = path.join(this.path, name);
    ensureDir(at, 0o700);
    this.#made = true;
    return at;
  }

  /** Leaves the making to a thread, which has the folder under the same path. */
  lend(): string {
    this.#made = true;
    return this.path;
  }

  async remove(): Promise<void> {
    // What a function that was given up still writes there is removed with the run's scratch folder.
    if (this.#made) await rm(this.path, { recursive: true, force: true, maxRetries: 2 }).catch(leaveToCleanUp);
  }
}

/** A folder that cannot be removed says nothing of the result that was made there. */
function leaveToCleanUp(error: unknown): void {
  if (systemCode(error) === undefined) throw error;
}

/** The absolute path of each named output: its folder is made when the path is asked for. */
export function outputPathsIn(
  folder: AttemptFolder,
  outputs: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const paths: Record<string, string> = Object.create(null);
  for (const [index, [name, target]] of Object.entries(outputs).entries()) {
    // Each in a folder of its own: two outputs may end in the same file name.
    Object.defineProperty(paths, name, {
      enumerable: true,
      get: () => path.join(folder.sub(`output-${index}`), path.basename(target)),
    });
  }
  return paths;
}
