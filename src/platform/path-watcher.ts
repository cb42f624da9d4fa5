import path from "node:path";
import { type FSWatcher, watch } from "chokidar";

export interface PathWatcherOptions {
  /** Told of every path at which something may have happened. Not all is told, and not all that is told has happened. */
  readonly onHint: (file: string) => void;
  /** Told when the system cannot watch any more: too many folders, mostly. */
  readonly onError: (error: unknown) => void;
}

/** What to listen to: absolute paths of folders that exist. */
export interface WatchedFolders {
  /** Of these only the own entries. */
  readonly folders: ReadonlySet<string>;
  /** Of these all that is in them, at any depth. */
  readonly trees: ReadonlySet<string>;
  /** Absolute paths of which nothing is told. */
  readonly ignore: readonly string[];
}

/** Names of folders that no tree is followed into, unless it begins there: what is in them is made by tools, in masses. */
const passedOver = new Set([".sluice", ".git", "node_modules"]);

/** Listens to folders for changes. Folders are only ever added, and nothing is told of what is there already. */
export class PathWatcher {
  readonly #options: PathWatcherOptions;
  readonly #listened = new Set<string>();
  readonly #followed = new Set<string>();
  readonly #watchers: FSWatcher[] = [];
  #ignored: ReadonlySet<string> = new Set();

  constructor(options: PathWatcherOptions) {
    this.#options = options;
  }

  /** @returns when what happens from now on is told: whether there is anything that was not listened to before */
  async listen({ folders, trees, ignore }: WatchedFolders): Promise<boolean> {
    this.#ignored = new Set(ignore);
    const flat = [...folders].filter((each) => !this.#listened.has(each));
    const deep = [...trees].filter((each) => !this.#followed.has(each));
    for (const each of flat) this.#listened.add(each);
    for (const each of deep) this.#followed.add(each);
    await Promise.all([this.#begin(flat, { depth: 0 }), this.#begin(deep, {})]);
    return flat.length > 0 || deep.length > 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.close()));
  }

  /** Each time with a watcher of its own, because one says only once that it is ready. */
  async #begin(folders: string[], options: { readonly depth?: number }): Promise<void> {
    if (folders.length === 0) return;
    const watcher = watch(folders, {
      ...options,
      ignoreInitial: true,
      // Whoever is told looks for himself: nothing is held back to find out what it means.
      atomic: false,
      ignored: (file) => this.#isPassedOver(file),
      ignorePermissionErrors: true,
    });
    this.#watchers.push(watcher);
    watcher.on("all", (_event, file) => this.#options.onHint(path.resolve(file)));
    watcher.on("error", this.#options.onError);
    await new Promise<void>((resolve) => watcher.once("ready", resolve));
  }

  #isPassedOver(file: string): boolean {
    if (this.#ignored.has(file)) return true;
    return passedOver.has(path.basename(file)) && !this.#listened.has(file) && !this.#followed.has(file);
  }
}
