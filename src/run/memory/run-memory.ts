import path from "node:path";
import type { Watched } from "../../analyse/load-watch/load-record.ts";
import { ownVersion } from "../../analyse/packages/own-package.ts";
import { digestParts } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import type { CacheMode } from "../../core/node.ts";
import type { RunOptions } from "../run.ts";
import type { Store } from "../workspace.ts";
import { Recalled } from "./recalled.ts";
import { readRememberedRun } from "./remembered-run.ts";

/** What was asked for; two runs that were asked for the same may end alike. */
export interface MemoryOptions {
  /** Absolute path of the pipeline. */
  readonly file: string;
  readonly targets: readonly string[];
  /** Parameters as they were given: `NAME=VALUE`. */
  readonly params: readonly string[];
  readonly cache: CacheMode;
  readonly recompute: readonly string[];
  /** Whether somebody wants to know how each node ended; else only how many were reused. */
  readonly eachNode: boolean;
}

/** What earlier processes left of runs in which every stage was reused. */
export class RunMemory {
  readonly #store: Store;
  readonly #options: MemoryOptions;
  #watched: Watched<unknown> | undefined;
  #generation: number | undefined;

  constructor(store: Store, options: MemoryOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Only what reads the cache can be reused, and only what is recomputed at no time. */
  get #isUsable(): boolean {
    const { cache, recompute } = this.#options;
    return recompute.length === 0 && (cache === "rw" || cache === "ro");
  }

  get #key(): Digest {
    const { file, targets, params, cache } = this.#options;
    const { root, cacheDir = "" } = this.#store;
    const relative = (to: string): string => path.relative(root, to);
    const process = [globalThis.process.version, globalThis.process.platform, globalThis.process.arch];
    return digestParts("remembered-run", [
      ownVersion(),
      ...process,
      relative(file),
      relative(cacheDir),
      cache,
      targets,
      params,
    ]);
  }

  /** The run that was asked for, if nothing that an earlier one followed from has changed. */
  async recall(): Promise<Recalled | undefined> {
    if (!this.#isUsable) return undefined;
    const run = readRememberedRun(this.#store.metadata.derived, this.#key);
    if (!run) return undefined;
    const { holds } = await import("./recall.ts");
    if (!(await holds(this.#store, this.#options.file, run))) return undefined;
    const { metadata } = this.#store;
    if (!this.#options.eachNode) {
      return (await metadata.hasOutcomes(run.outcomes)) ? new Recalled(this.#store, run, this.#options) : undefined;
    }
    const nodes = await metadata.outcomes(run.outcomes);
    return nodes && new Recalled(this.#store, run, this.#options, nodes);
  }

  /** Loads the pipeline, and watches what that depends on. */
  async watch<T>(load: () => Promise<T>): Promise<T> {
    if (!this.#isUsable || this.#store.metadata.readOnly) return load();
    this.#generation = await this.#store.metadata.generation();
    const { watchLoad } = await import("../../analyse/load-watch/load-watch.ts");
    const { digestOf } = await import("./recall.ts");
    const watched = await watchLoad(load, { root: this.#store.root, digestOfFile: digestOf(this.#store) });
    this.#watched = watched;
    return watched.value;
  }

  /** What a run calls when it has reused every stage. */
  readonly onAllReused: NonNullable<RunOptions["onAllReused"]> = async (reused) => {
    const watched = this.#watched;
    if (!watched || !("record" in watched) || this.#generation === undefined) return;
    const { remember } = await import("./remember.ts");
    const { file } = this.#options;
    await remember(this.#store, reused, {
      key: this.#key,
      file,
      load: watched.record,
      generation: this.#generation,
    });
  };
}
