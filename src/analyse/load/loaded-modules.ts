import type { Digest } from "../../core/digest.ts";
import { fail, type Place } from "../../core/failure.ts";
import type { LoadedModule, LoadedModules } from "../code-version.ts";

/** A record that its loader still adds to: a module's imports are resolved after it is loaded. */
export interface GrowingModule extends LoadedModule {
  readonly resolutions: Map<string, string>;
}

/** What a process has loaded of the user's code. */
export class ModuleRegistry implements LoadedModules {
  readonly #modules = new Map<string, GrowingModule>();
  readonly #expected = new Map<string, Digest>();
  readonly #roots = new Set<string>();

  get(file: string): GrowingModule | undefined {
    return this.#modules.get(file);
  }

  /** The module that was loaded last. */
  latest(): GrowingModule | undefined {
    return this.#latest;
  }
  #latest: GrowingModule | undefined;

  roots(): Iterable<string> {
    return this.#roots;
  }

  addRoot(file: string): void {
    this.#roots.add(file);
  }

  /** A module that was not loaded here after all. */
  forget(file: string): void {
    this.#modules.delete(file);
    this.#roots.delete(file);
  }

  expect(file: string, digest: Digest): void {
    this.#expected.set(file, digest);
  }

  /**
   * Takes note of a module about to run.
   * @throws SluiceError `load-failed` if it is not what was analysed, or what was loaded before under the same path
   */
  add(module: Omit<GrowingModule, "resolutions" | "loadedAt">): GrowingModule {
    const earlier = this.#modules.get(module.file);
    const known = earlier?.digest ?? this.#expected.get(module.file);
    if (known !== undefined && known !== module.digest) {
      fail("load-failed", "the module changed while the run was going", {
        where: { file: module.file },
        hint: "run again: a run uses one version of the code from beginning to end",
        retryable: true,
      });
    }
    if (earlier) return earlier;
    const added: GrowingModule = { ...module, resolutions: new Map(), loadedAt: Date.now() };
    this.#modules.set(module.file, added);
    this.#latest = added;
    return added;
  }
}

/** What this process has loaded of the user's code. */
export const registry = new ModuleRegistry();

/** The place as its author wrote it, behind a place in the code as it was loaded. */
export function authorsPlace(modules: LoadedModules, file: string, line: number, column: number): Required<Place> {
  const module = modules.get(file);
  const inSource = module?.original?.(line, column) ?? { line, column };
  const behind = module?.behind?.(inSource.line, inSource.column);
  return behind ? { file: behind.file, line: behind.line, column: behind.column } : { file, ...inSource };
}
