import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import type { Digest } from "../core/digest.ts";
import type { Duration } from "../core/duration.ts";
import type { Lease } from "../metadata/lease.ts";
import type { CodeVersionParts } from "../metadata/metadata.ts";
import { systemClock } from "../platform/clock.ts";
import { tempName } from "../platform/temp-file.ts";
import { begin, type Making, whetherWanted, whileMaking } from "../run/make/making.ts";
import { waitForOther, waitingFor } from "../run/make/waiting.ts";
import { GivenPieces } from "./given-pieces.ts";
import type { Pieces } from "./pieces.ts";
import type { Result } from "./result.ts";
import type { Shelf, Shelved } from "./shelf.ts";
import type { TakenKey } from "./taken-key.ts";

/** What a function that makes an entry gets. */
export interface ProduceContext {
  /** Takes what the entry is to hold beside the value that the function returns. */
  readonly put: Pieces;
  /** A folder for this call, removed when what was put is kept. */
  readonly tmp: string;
  /** Aborted when the call of `wrap` is given up. */
  readonly signal: AbortSignal;
}

export type Produce<T> = (context: ProduceContext) => T;

export interface WrapOptions {
  /** How the value is stored; `auto` unless given, which holds any data. */
  readonly format?: string;
  /** How old an entry may be that is used; of any age unless given. An older one is made anew. */
  readonly maxAge?: Duration;
  /** Gives up: waiting for others, and what is made for this call. Nothing is kept then. */
  readonly signal?: AbortSignal;
}

/** How an entry came to be read. */
export interface Obtained {
  /** It was there; or this call made it; or somebody else did, here or in another process, and this call waited. */
  readonly status: "hit" | "made" | "shared";
  /** Why it was not kept. */
  readonly unrecorded?: string;
}

/** A way to make an entry. */
export interface Recipe {
  readonly produce: Produce<unknown>;
  readonly format: string;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds. */
  readonly maxAge: number | undefined;
  /** Whether a function that returns nothing gives a value. */
  readonly keepsNothing: boolean;
  readonly code?: CodeVersionParts | undefined;
}

/** An entry that is being made here, and who gives it up when. */
interface Flight {
  readonly made: Promise<Shelved | "elsewhere">;
  readonly signal: AbortSignal | undefined;
  readonly isWanted: () => boolean;
}

/** An entry to be read. */
interface Reading {
  readonly result: Result;
  readonly how: Obtained;
}

/** Finds entries, and makes those that are missing: each once, however many ask for it, here and in other processes. */
export class Wrapper {
  readonly #shelf: Shelf;
  readonly #flights = new Map<Digest, Flight>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /**
   * Reads an entry, which is made where it is missing, and made anew where reading finds it damaged.
   * @throws SluiceError `cycle` where making the entry waits for the entry itself; `cancelled` in what a function has begun that has
   *   failed since, or was given up; whatever the function that makes it or `read` throws; then nothing is kept
   */
  async wrap<T>(key: TakenKey, recipe: Recipe, read: (result: Result, how: Obtained) => T | Promise<T>): Promise<T> {
    return begin(() => this.#wrap(key, recipe, read));
  }

  async #wrap<T>(key: TakenKey, recipe: Recipe, read: (result: Result, how: Obtained) => T | Promise<T>): Promise<T> {
    for (;;) {
      const { result, how } = await this.#obtain(key, recipe);
      try {
        return await read(result, how);
      } catch (error) {
        // What was made this very moment is not made again: the disk would only damage it again.
        if (!result.isDamaged || how.status === "made") throw error;
      } finally {
        result.close();
      }
    }
  }

  async #obtain(key: TakenKey, recipe: Recipe): Promise<Reading> {
    const { digest } = key;
    const { signal, maxAge } = recipe;
    for (;;) {
      signal?.throwIfAborted();
      const found = this.#flights.has(digest) ? undefined : await this.#shelf.find(key, { quietly: true, maxAge });
      if (found) return { result: found, how: { status: "hit" } };
      const other = this.#flights.get(digest);
      const obtained = other
        ? await waitingFor(digest, () => this.#share(other, signal))
        : await this.#fly(key, recipe);
      if (obtained) return obtained;
    }
  }

  /** What another call makes; undefined where that was given up, or made elsewhere. */
  async #share(
    { made, signal: theirs, isWanted }: Flight,
    signal: AbortSignal | undefined,
  ): Promise<Reading | undefined> {
    try {
      const shelved = await unlessAborted(made, signal);
      if (shelved === "elsewhere") return undefined;
      const { record } = shelved;
      const { key: digest, node: label, durationMs: savedMs } = record;
      const result = this.#shelf.open(shelved);
      this.#shelf.teller.hit({ key: digest, label, size: result.size, savedMs, shared: true });
      return { result, how: { status: "shared" } };
    } catch (error) {
      if ((theirs?.aborted || !isWanted()) && !signal?.aborted) return undefined;
      throw error;
    }
  }

  /** What this call makes; undefined where it was there after all and is gone again. */
  async #fly(key: TakenKey, recipe: Recipe): Promise<Reading | undefined> {
    const { digest } = key;
    const made = this.#makeOnce(key, recipe);
    this.#flights.set(digest, { made, signal: recipe.signal, isWanted: whetherWanted() });
    // Before it is recorded, so that nobody evicts it before it is read.
    const letGo = this.#shelf.hold(digest);
    try {
      const shelved = await made;
      if (shelved === "elsewhere") {
        const shared = await this.#shelf.find(key, { shared: true, quietly: true, maxAge: recipe.maxAge });
        return shared && { result: shared, how: { status: "shared" } };
      }
      const { unrecorded } = shelved;
      if (unrecorded !== undefined) this.#shelf.tellUnrecorded(key, unrecorded);
      const result = this.#shelf.open(shelved);
      return { result, how: { status: "made", ...(unrecorded === undefined ? {} : { unrecorded }) } };
    } finally {
      this.#flights.delete(digest);
      letGo();
    }
  }

  async #makeOnce(key: TakenKey, recipe: Recipe): Promise<Shelved | "elsewhere"> {
    if (this.#shelf.readOnly) return this.#make(key, recipe);
    const { leases } = this.#shelf.store;
    const lease: Lease | undefined = await leases.tryAcquire(key.digest);
    if (!lease) {
      await waitForOther(leases, key.digest, recipe.signal);
      return "elsewhere";
    }
    try {
      // Between the look and the lease its former holder may have recorded the entry.
      if (await this.#shelf.has(key, recipe.maxAge)) return "elsewhere";
      return await this.#make(key, recipe);
    } finally {
      await lease.release();
    }
  }

  async #make(key: TakenKey, { produce, format, signal, keepsNothing, code }: Recipe): Promise<Shelved> {
    const { teller, store } = this.#shelf;
    signal?.throwIfAborted();
    teller.miss({ key: key.digest, label: key.label, why: "absent" });
    const context = new Context(path.join(store.scratch, `made-${tempName()}`), signal);
    try {
      const started = systemClock.elapsed();
      const value = await unlessAborted(
        whileMaking(makingOf(key, signal), () => produce(context)),
        signal,
      );
      const durationMs = systemClock.elapsed() - started;
      signal?.throwIfAborted();
      if (value !== undefined || !keepsNothing) context.put.value("value", value, { format });
      return await this.#shelf.keep(key, context.put, durationMs, code);
    } finally {
      await context.end();
    }
  }
}

const never = new AbortController().signal;

function makingOf({ digest, label }: TakenKey, signal: AbortSignal | undefined): Making {
  return {
    called: `the entry "${label}"`,
    keys: [digest],
    instead: "the function that makes it calls wrap() with the same key: give the two different keys",
    signal: signal ?? never,
  };
}

/** What little a call needs is made when it is asked for. */
class Context implements ProduceContext {
  readonly put = new GivenPieces();
  readonly #folder: string;
  readonly #given: AbortSignal | undefined;
  #signal: AbortSignal | undefined;
  #made = false;

  constructor(folder: string, signal: AbortSignal | undefined) {
    this.#folder = folder;
    this.#given = signal;
  }

  get tmp(): string {
    if (!this.#made) mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#made = true;
    return this.#folder;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#given ?? new AbortController().signal;
    return this.#signal;
  }

  async end(): Promise<void> {
    if (this.#made) await rm(this.#folder, { recursive: true, force: true, maxRetries: 2 });
  }
}

/** What a promise gives, unless a signal is aborted before: then its reason is thrown, and the promise left to itself. */
async function unlessAborted<T>(promise: T | Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  // One that is aborted already says so no more. The promise may fail all the same, and nobody else listens.
  if (signal.aborted) Promise.resolve(promise).catch(() => {});
  signal.throwIfAborted();
  const { promise: given, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, given]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
