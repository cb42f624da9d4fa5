import { createAnalyser } from "../analyse/analyser.ts";
import type { CodeAnalyser, CodeVersion } from "../analyse/code-version.ts";
import { loadedModules } from "../analyse/load/loader.ts";
import type { Site } from "../core/node.ts";
import type { Store } from "../run/workspace.ts";

/** Versions the code of functions that were handed to a method of a cache. */
export class FunctionVersions {
  readonly #analyser: CodeAnalyser;

  constructor({ root, metadata }: Pick<Store, "root" | "metadata">) {
    this.#analyser = createAnalyser({ root, modules: loadedModules, derived: metadata.derived });
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
