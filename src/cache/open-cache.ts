import path from "node:path";
import { type Duration, milliseconds } from "../core/duration.ts";
import { type Failure, fail } from "../core/failure.ts";
import { bytesOfSize, type Size } from "../core/size.ts";
import { atExit } from "../platform/at-exit.ts";
import { openReaderPins } from "../run/keeping/reader-pins.ts";
import { openStore } from "../run/open-store.ts";
import { projectFolder } from "../run/project-folder.ts";
import type { Cache } from "./cache.ts";
import { type CacheHooks, hookNames, Teller } from "./hooks.ts";
import { aDuration, aFunction, aSize, aText, checkOptions } from "./options.ts";
import { Shelf } from "./shelf.ts";
import { StoredCache } from "./stored-cache.ts";

export interface CacheOptions {
  /**
   * What paths are relative to, those that are given and those in keys: so that another checkout of the same files has the same
   * keys. The folder that holds the cache unless given.
   */
  readonly root?: string;
  /**
   * How much may be kept, of entries and of results of pipelines in the same cache. What is worth least goes first when there is
   * more: by the time that it took to make, its size, and how often and when it was used. What `sluice.json` in the root says unless
   * given, else without limit.
   */
  readonly maxSize?: Size;
  /**
   * How long is kept what is not used; see `wrap` for how old an entry may be that is used. What `sluice.json` in the root says unless
   * given, else without limit.
   */
  readonly maxAge?: Duration;
  /** Told what happens in the cache. */
  readonly hooks?: CacheHooks;
  /** Told of what was got around: a cache that cannot be written, an entry that was not kept. A warning of the process unless given. */
  readonly onWarning?: (warning: Failure) => void;
  /** Milliseconds since 1970; the system's clock unless given. */
  readonly now?: () => number;
}

/**
 * Opens a cache, making it where there is none. Pipelines and other processes may use the same one at the same time.
 * @param folder the folder of the cache; unless given, `.sluice` in the project that the current folder is in: the nearest upwards
 *   with a pipeline file or a `package.json`
 * @throws SluiceError `usage`, `newer-store`, `damaged-store`, `no-space`, `io`
 *
 * @example
 * ```ts
 * import { openCache } from "sluice/cache";
 *
 * await using cache = await openCache(".cache/reports", { root: ".", hooks: { hit: ({ savedMs }) => console.log(savedMs) } });
 * ```
 */
export function openCache(folder?: string, options: CacheOptions = {}): Promise<Cache> {
  return openStoredCache(folder, options);
}

/** {@link openCache} for the command line, which looks at the store as well. */
export async function openStoredCache(folder?: string, options: CacheOptions = {}): Promise<StoredCache> {
  if (folder !== undefined && (typeof folder !== "string" || folder === ""))
    fail("usage", "the path of a cache is a string");
  checkOptions("openCache()", options, {
    root: aText,
    maxSize: aSize,
    maxAge: aDuration,
    hooks: () => undefined,
    onWarning: aFunction,
    now: aFunction,
  });
  const { hooks = {}, onWarning = warnProcess, now = Date.now } = options;
  const [maxSize, maxAge] = [bytesOfSize(options.maxSize), milliseconds(options.maxAge)];
  const limits = { ...(maxSize === undefined ? {} : { maxSize }), ...(maxAge === undefined ? {} : { maxAge }) };
  checkOptions("openCache({ hooks })", hooks, Object.fromEntries(hookNames.map((name) => [name, aFunction])));
  const cacheDir = folder === undefined ? path.join(projectFolder(process.cwd()), ".sluice") : path.resolve(folder);
  const root = options.root === undefined ? path.dirname(cacheDir) : path.resolve(options.root);
  const store = await openStore({ root, cacheDir, limits, onWarning });
  const pins = openReaderPins(store);
  const shelf = new Shelf({ store, teller: new Teller(hooks), pins, onWarning, now });
  // A program that never closes its cache loses what was only noted, and no entry; here even that is written.
  const callOff = atExit(() => void shelf.flush());
  const close = async (): Promise<void> => {
    callOff();
    pins.close();
    await store.close();
  };
  const context = { root, files: store.files, params: new Map(), env: process.env, ignore: [cacheDir] };
  return new StoredCache({ shelf, context, close });
}

function warnProcess({ message, reason, hint }: Failure): void {
  process.emitWarning(message, {
    type: "SluiceWarning",
    code: reason,
    ...(hint === undefined ? {} : { detail: hint }),
  });
}
