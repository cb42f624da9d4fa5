import type { CompilerSettings } from "../load/compiler-settings.ts";
import { type AnalysedModule, analyseModule } from "../syntax/analysed-module.ts";

/** The syntax of a module, or why there is none. */
export type Analysed = AnalysedModule | { readonly problem: string };

/** Why there is none of what is nested deeper than the stack: syntax is walked by recursion. */
export const tooDeep = "it is nested too deeply";

/** Characters of modules whose syntax is kept for a moment, in all. */
const mostCharacters = 1 << 20;

/**
 * The syntax of modules. It takes a hundred times the memory of the source. So only the latest one is kept, and until whoever asks for
 * versions pauses those of which more is asked than their summary: all modules are summed up before that.
 */
export class ModuleSyntax {
  readonly #modules: ModulesToParse;
  readonly #kept = new Map<string, Analysed>();
  #characters = 0;
  #latest: { readonly file: string; readonly analysed: Analysed } | undefined;

  constructor(modules: ModulesToParse) {
    this.#modules = modules;
  }

  of(file: string): Analysed {
    if (this.#latest?.file !== file) {
      let analysed = this.#kept.get(file);
      if (!analysed) {
        analysed = this.#analyse(file);
        this.#keep(file, analysed);
      }
      this.#latest = { file, analysed };
    }
    return this.#latest.analysed;
  }

  /** Nobody is expected to ask for this one again. */
  forget(file: string): void {
    if (this.#kept.delete(file)) this.#characters -= this.#modules.sourceOf(file).length;
    if (this.#latest?.file === file) this.#latest = undefined;
  }

  #keep(file: string, analysed: Analysed): void {
    const { length } = this.#modules.sourceOf(file);
    if (this.#characters + length > mostCharacters) return;
    if (this.#kept.size === 0) {
      queueMicrotask(() => {
        this.#kept.clear();
        this.#characters = 0;
      });
    }
    this.#kept.set(file, analysed);
    this.#characters += length;
  }

  #analyse(file: string): Analysed {
    try {
      return analyseModule(file, this.#modules.sourceOf(file), this.#modules.settingsOf(file));
    } catch (error) {
      if (error instanceof RangeError) return { problem: tooDeep };
      throw error;
    }
  }
}

interface ModulesToParse {
  readonly sourceOf: (file: string) => string;
  readonly settingsOf: (file: string) => CompilerSettings;
}
