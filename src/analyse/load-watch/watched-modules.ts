import { isBuiltin, registerHooks } from "node:module";
import path from "node:path";
import { registerLoader } from "../load/loader.ts";
import { isUserFile, languageOf, pathOfModule } from "../load/module-path.ts";
import type { SpecifierKind } from "../load/resolve.ts";
import { isOwn, ownRoot } from "../packages/own-package.ts";
import type { LoadNotes } from "./load-notes.ts";
import { ResolutionProbes } from "./resolution-probes.ts";
import { refuseByText } from "./unwatchable-text.ts";

/** Is told of modules before they are evaluated. */
export interface ModuleListener {
  /** The code is about to get one of Node's own. */
  onBuiltin(name: string): void;
  /** The code of another is about to run. */
  onText(text: string): void;
}

/** Watches which modules are loaded, where they are found, and where they would be found first. */
export class WatchedModules {
  readonly #notes: LoadNotes;
  readonly #probes: ResolutionProbes;
  readonly #hooks: { deregister(): void };
  readonly #resolved = new Set<string>();
  readonly #loaded = new Set<string>();

  constructor(notes: LoadNotes, listener: ModuleListener) {
    this.#notes = notes;
    this.#probes = new ResolutionProbes(notes);
    notes.read(path.join(ownRoot, "package.json"));
    // Node calls the hooks that were registered last first: these go around those of the loader.
    registerLoader();
    this.#hooks = registerHooks({
      resolve: (specifier, context, next) => {
        const kind = context.conditions.includes("require") ? "require" : "import";
        const parent = context.parentURL === undefined ? undefined : pathOfModule(context.parentURL);
        const watched = notes.listening && parent !== undefined && !isOwn(parent) ? parent : undefined;
        let url: string | undefined;
        try {
          const result = notes.aside(() => next(specifier, context));
          url = result.url;
          return result;
        } catch (error) {
          if (watched !== undefined) this.#probes.failed(specifier, error);
          throw error;
        } finally {
          if (notes.listening) this.#onResolved(specifier, watched, kind, url, listener);
        }
      },
      load: (url, context, next) => {
        if (!notes.listening) return next(url, context);
        const file = this.#onLoad(url);
        const result = notes.aside(() => next(url, context));
        if (file !== undefined) {
          this.#probes.scope(file);
          // A folder on the way could become a link to one with other neighbours.
          if (isUserFile(file)) notes.ofPath("real", file);
          const text = textOf(result.source);
          listener.onText(text);
          refuseByText(notes, file, text);
        }
        return result;
      },
    });
  }

  /** Says of modules that were only found that they may have been loaded before; then what they depend on is not known. */
  end(): void {
    for (const file of this.#resolved) {
      const isCode = languageOf(file) !== undefined && languageOf(file) !== "json";
      if (isCode && !this.#loaded.has(file)) {
        this.#notes.refuse(`finds ${this.#notes.nameOf(file)} without loading it`);
      }
    }
    if (this.#loaded.size === 0) this.#notes.refuse("was loaded before");
  }

  #onResolved(
    specifier: string,
    parent: string | undefined,
    kind: SpecifierKind,
    url: string | undefined,
    listener: ModuleListener,
  ): void {
    if (url !== undefined && isBuiltin(url)) {
      if (parent !== undefined) listener.onBuiltin(url);
      return;
    }
    const file = url === undefined ? undefined : pathOfModule(url);
    if (file === undefined && url !== undefined) {
      if (!url.startsWith("data:")) this.#notes.refuse("loads modules from elsewhere");
      return;
    }
    if (file !== undefined && !isOwn(file)) this.#resolved.add(file);
    // What Sluice itself imports does not change without Sluice.
    if (parent !== undefined) this.#probes.resolved(specifier, parent, kind, file);
  }

  /** The digest is taken before the module is read: if it is still right at the end, it was this that was loaded. */
  #onLoad(url: string): string | undefined {
    const file = pathOfModule(url);
    if (file === undefined || isOwn(file)) return undefined;
    this.#loaded.add(file);
    this.#notes.read(file);
    return file;
  }

  remove(): void {
    this.#hooks.deregister();
  }
}

function textOf(source: unknown): string {
  if (source === undefined || source === null) return "";
  return typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString();
}
