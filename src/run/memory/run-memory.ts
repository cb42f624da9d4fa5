import path from "node:path";
import { processDigest } from "../../analyse/load-watch/load-facts.ts";
import type { LoadRecord } from "../../analyse/load-watch/load-record.ts";
import { ownVersion } from "../../analyse/packages/own-package.ts";
import { digestParts } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import type { NodeOutcome } from "../../core/event.ts";
import type { CacheMode } from "../../core/node.ts";
import { digestOf } from "../file-version.ts";
import type { RunOptions } from "../run.ts";
import type { Store } from "../workspace.ts";
import { sealHolds } from "./load-seal.ts";
import { Recalled } from "./recalled.ts";
import {
  type RememberedLoad,
  readLoad,
  readRememberedLoad,
  rememberLoad,
  writeRememberedLoad,
} from "./remembered-load.ts";
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
  /** Whether somebody wants to be told how each node ended; else only how many were reused. */
  readonly eachNode: boolean;
  /** Makes a text of how the nodes ended, if somebody wants it. The text is kept: it is made of nothing else. */
  readonly render?: (nodes: ReadonlyMap<string, NodeOutcome>) => string;
}

const renderedKind = "rendered-outcomes-1";
/** Bytes; longer texts are made each time. */
const mostRendered = 64 << 20;

/** What earlier processes left of runs in which every stage was reused. */
export class RunMemory {
  readonly #store: Store;
  readonly #options: MemoryOptions;
  /** What loading the pipeline depended on: known from an earlier load, or seen. */
  #known: RememberedLoad | undefined;
  #seen: LoadRecord | undefined;
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

  /** Of the pipeline: what is asked of it does not change how it is loaded. */
  get #loadKey(): Digest {
    const { root } = this.#store;
    return digestParts("remembered-load", [ownVersion(), processDigest(root), path.relative(root, this.#options.file)]);
  }

  get #key(): Digest {
    const { file, targets, params, cache } = this.#options;
    const { root, cacheDir = "" } = this.#store;
    const relative = (to: string): string => path.relative(root, to);
    return digestParts("remembered-run", [
      ownVersion(),
      // So that runs that are called in turn in different ways do not take each other's place.
      processDigest(root),
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
    const key = this.#key;
    const run = readRememberedRun(this.#store.metadata.derived, key);
    if (!run) return undefined;
    const { file } = this.#options;
    const { howItHolds } = await import("./recall.ts");
    const how = await howItHolds(this.#store, file, run);
    if (how === undefined) return undefined;
    if (how !== "sealed" && !this.#store.metadata.readOnly) {
      const { sealAnew } = await import("./remember.ts");
      sealAnew(this.#store, run, { key, file });
    }
    const { eachNode, render } = this.#options;
    const nodes = once(() => this.#store.metadata.outcomes(run.outcomes));
    const isKnown = eachNode ? (await nodes()) !== undefined : await this.#store.metadata.hasOutcomes(run.outcomes);
    if (!isKnown) return undefined;
    const rendered = render && (await this.#rendered(run.outcomes, nodes, render));
    if (render && rendered === undefined) return undefined;
    const details = {
      ...(eachNode ? { nodes: (await nodes())!() } : {}),
      ...(rendered === undefined ? {} : { rendered }),
    };
    return new Recalled(this.#store, run, this.#options, details);
  }

  async #rendered(
    outcomes: string,
    nodes: () => Promise<(() => ReadonlyMap<string, NodeOutcome>) | undefined>,
    render: (nodes: ReadonlyMap<string, NodeOutcome>) => string,
  ): Promise<string | undefined> {
    const { derived } = this.#store.metadata;
    const key = `${ownVersion()} ${outcomes}`;
    const known = derived.get(renderedKind, key);
    if (known) return Buffer.from(known.buffer, known.byteOffset, known.byteLength).toString();
    const found = await nodes();
    if (!found) return undefined;
    const text = render(found());
    const bytes = Buffer.from(text);
    if (bytes.length <= mostRendered) derived.put(renderedKind, key, bytes);
    return text;
  }

  /** Loads the pipeline, and watches what that depends on, unless that is known. */
  async watch<T>(load: () => Promise<T>): Promise<T> {
    const { metadata } = this.#store;
    if (!this.#isUsable || metadata.readOnly) return load();
    this.#generation = await metadata.generation();
    const known = readRememberedLoad(metadata.derived, this.#loadKey);
    if (known && sealHolds(this.#store, known.seal)) {
      this.#known = known;
      return load();
    }
    const { watchLoad } = await import("../../analyse/load-watch/load-watch.ts");
    const watched = await watchLoad(load, { root: this.#store.root, digestOfFile: digestOf(this.#store) });
    if ("record" in watched) this.#seen = watched.record;
    return watched.value;
  }

  /** Keeps what was seen of the load, so that the next one need not be watched. */
  async keepLoad(): Promise<void> {
    if (!this.#seen) return;
    rememberLoad(this.#store, this.#loadKey, this.#seen);
  }

  /** What a run calls when it has reused every stage. */
  readonly onAllReused: NonNullable<RunOptions["onAllReused"]> = async (reused) => {
    const { derived } = this.#store.metadata;
    const load = this.#seen ?? (this.#known && readLoad(derived, this.#known.load));
    if (!load || this.#generation === undefined) return;
    const { remember } = await import("./remember.ts");
    // What was written while it was loaded may have been loaded.
    if (this.#known && !sealHolds(this.#store, this.#known.seal)) {
      return writeRememberedLoad(derived, this.#loadKey, undefined);
    }
    const { file } = this.#options;
    await remember(this.#store, reused, { key: this.#key, file, load, generation: this.#generation });
  };
}

/** Asks at the first call only. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}
