import { statSync } from "node:fs";
import path from "node:path";
import { type Failure, failure } from "../../core/failure.ts";
import { PathWatcher } from "../../platform/path-watcher.ts";
import { digestOf } from "../../run/file-version.ts";
import { openStore } from "../../run/open-store.ts";
import { type Areas, areasOf } from "../../run/watch/areas.ts";
import { type Changes, changesSince } from "../../run/watch/changes.ts";
import { type Dependencies, fileDependencies, renewed } from "../../run/watch/dependencies.ts";
import type { Store } from "../../run/workspace.ts";
import { Hints } from "./hints.ts";
import type { Work } from "./messages.ts";

/** Milliseconds more for a file that is gone or empty: whoever writes it anew has perhaps just begun. */
const rewriteTime = 50;
/** Milliseconds without a run in which somebody who writes all the time would have written. */
const quietTime = 500;

/** The files that runs depend on: what is told of them, and how they differ from what a run saw. */
export class WatchedFiles {
  readonly #work: Work;
  readonly #root: string;
  readonly #onWarning: (warning: Failure) => void;
  readonly #hints = new Hints();
  readonly #watcher: PathWatcher;
  #areas: Areas | undefined;
  #store: Store | undefined;
  #storeFile: number | undefined;
  #isTroubled = false;

  constructor(work: Work, onWarning: (warning: Failure) => void) {
    this.#work = work;
    this.#root = path.dirname(work.file);
    this.#onWarning = onWarning;
    this.#watcher = new PathWatcher({
      onHint: (file) => {
        if (this.#areas?.isOfInterest(file)) this.#hints.add(file);
      },
      onError: (error) => this.#onTrouble(error),
    });
  }

  /** How many files are looked after. */
  get count(): number {
    return this.#areas?.files ?? 0;
  }

  /** Resolves when something may have happened. */
  hinted(): Promise<void> {
    return this.#hints.ripe();
  }

  /** Something may have happened at a path. */
  hint(file: string): void {
    this.#hints.add(path.resolve(this.#root, file));
  }

  /** Whether this is a folder of which all that happens in it is told: a hint at it alone says that this has begun. */
  isListenedTo(folder: string): boolean {
    return this.#areas?.folders.has(folder) ?? false;
  }

  /** What was told since the last time: absolute paths. */
  async takeHints(): Promise<ReadonlySet<string>> {
    const hints = this.#hints.take();
    if (![...hints].some(isGoneOrEmpty)) return hints;
    await sleep(rewriteTime);
    return new Set([...hints, ...this.#hints.take()]);
  }

  /** Whether nothing of these things changes while nothing runs. */
  async isQuiet(dependencies: Dependencies): Promise<boolean> {
    const before = await this.now(dependencies);
    await sleep(quietTime);
    return (await this.changes(before)) === undefined;
  }

  /** What is not as a run saw it; undefined where all is. @param hints see {@link changesSince} */
  async changes(dependencies: Dependencies, hints?: ReadonlySet<string>): Promise<Changes | undefined> {
    const store = this.#opened();
    const changes = await changesSince(store, dependencies, hints);
    store.files.flush();
    return changes.code.length + changes.data.length > 0 ? changes : undefined;
  }

  /** The same things as they are now; where nothing is known, the pipeline's file. */
  async now(known: Dependencies | undefined): Promise<Dependencies> {
    const store = this.#opened();
    if (known) return renewed(store, known, digestOf(store));
    return { load: fileDependencies(this.#root, [this.#work.file], digestOf(store)), ignore: [] };
  }

  /** Listens to all that a run depends on. What happened until it did is looked for. */
  async listen(dependencies: Dependencies): Promise<void> {
    this.#areas = areasOf(this.#root, dependencies);
    if (await this.#watcher.listen(this.#areas)) for (const folder of this.#areas.folders) this.#hints.add(folder);
  }

  /**
   * Opens the store, again if it was removed meanwhile: then what has it open writes to nowhere.
   * @returns whether it is another than before
   */
  async open(): Promise<boolean> {
    const { cacheDir } = this.#work;
    const file = path.join(cacheDir ?? path.join(this.#root, ".sluice"), "v1/metadata.db");
    const inode = (): number | undefined => statSync(file, { throwIfNoEntry: false })?.ino;
    const now = inode();
    if (this.#store && now !== undefined && now === this.#storeFile) return false;
    await this.#store?.close();
    this.#store = await openStore({ root: this.#root, cacheDir, onWarning: this.#onWarning });
    this.#storeFile = inode();
    return true;
  }

  #opened(): Store {
    if (!this.#store) throw new Error("the store is not open");
    return this.#store;
  }

  async close(): Promise<void> {
    await this.#watcher.close();
    await this.#store?.close();
  }

  #onTrouble(error: unknown): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    const message = `not all changes will be noticed: ${error instanceof Error ? error.message : String(error)}`;
    const hint = "the system may limit how many folders are watched (fs.inotify.max_user_watches)";
    this.#onWarning(failure("io", message, { hint }));
  }
}

function isGoneOrEmpty(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined || (stat.isFile() && stat.size === 0);
}

/** Resolves with nothing after so many milliseconds. */
export function sleep(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}
