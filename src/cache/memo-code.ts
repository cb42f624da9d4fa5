import { createAnalyser } from "../analyse/analyser.ts";
import type { CodeAnalyser, CodeVersion } from "../analyse/code-version.ts";
import { loadedModules } from "../analyse/load/loader.ts";
import type { CodePart } from "../core/code-part.ts";
import type { Site } from "../core/node.ts";
import type { RegisteredClass } from "../core/value-class.ts";
import { ClassCode } from "../run/class-code.ts";
import { changedCodeFile, renewCode } from "../run/code-files.ts";
import type { Store, Workspace } from "../run/workspace.ts";

/** Versions the code of functions that were handed to a method of a cache. */
export class FunctionVersions {
  readonly #analyser: CodeAnalyser;
  readonly #workspace: Workspace;

  constructor(store: Store) {
    const { root, metadata } = store;
    this.#analyser = createAnalyser({ root, modules: loadedModules, derived: metadata.derived });
    this.#workspace = { ...store, analyser: this.#analyser };
  }

  /** What counts of classes whose instances a function is given. */
  ofClasses(classes: ReadonlySet<RegisteredClass>): ReturnType<ClassCode["versioned"]> {
    return classes.size === 0 ? undefined : new ClassCode(this.#workspace).versioned(classes);
  }

  /** Looks again at the files that code reads. Gives whether one has changed: then versions are other ones from then on. */
  renew(): boolean {
    return renewCode(this.#workspace);
  }

  /** The file that a function names and that is not what its version says any more, if there is one. */
  changedFile(parts: readonly CodePart[]): string | undefined {
    return changedCodeFile(this.#workspace, parts);
  }

  /**
   * The version of the function that was the first argument of a call.
   * @param captured what becomes of captured variables that cannot be versioned
   * @throws SluiceError `captured-variable`
   */
  of(site: Site, name: string, fn: unknown, captured: "error" | "ignore"): CodeVersion {
    return this.#analyser.versionOf(site, [0], { captured, name, live: () => fn });
  }

  textOf: CodeAnalyser["textOf"] = (part) => this.#analyser.textOf(part);
}
