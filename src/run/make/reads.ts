import type { Digest } from "../../core/digest.ts";
import { type Failure, failure, failureOf } from "../../core/failure.ts";
import type { GraphNode } from "../../core/graph.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { DamagedInput, isDamage } from "./damaged-input.ts";

/** What handles read of a store. */
export type BlobReads = Pick<BlobStore, "read" | "stream" | "verify" | "placeSync">;

/** What a handle leads to. */
interface Given {
  readonly digest: Digest;
  /** Whose value the handle is part of. */
  node: GraphNode;
  blobs: BlobReads;
  /** Read in part: what was handed on is not known to be sound. */
  isBegun: boolean;
  isSound: boolean;
}

/**
 * What a stage's function reads through the handles that it was given. Content that is handed on bit by bit can turn out to be
 * damaged when much of it was used already, or not at all if the function stops before; and a function may catch what is
 * thrown at it. So the engine keeps its own account: nothing that was made of damaged content may be recorded.
 */
export class Reads {
  readonly #given = new Map<Digest, Given>();
  #damage: DamagedInput | undefined;

  /**
   * A store as handles in the value of a node see it.
   * @param digests all that they may lead to
   */
  through(node: GraphNode, blobs: BlobReads, digests: readonly Digest[]): BlobReads {
    for (const digest of digests) this.#give(node, digest, blobs);
    return {
      read: (digest) => this.#noting(node, () => blobs.read(digest)),
      stream: (digest) => this.#stream(node, digest, blobs),
      verify: (digest) => blobs.verify(digest),
      placeSync: (digest, target, options) => {
        try {
          blobs.placeSync(digest, target, options);
        } catch (error) {
          this.#note(node, error);
          throw error;
        }
      },
    };
  }

  /**
   * Makes sure that all that was read is sound: what was read in part is read to its end.
   * @throws DamagedInput
   */
  async settle(): Promise<void> {
    if (this.#given.size > 0) await this.#verify(({ isBegun }) => isBegun);
    if (this.#damage) throw this.#damage;
  }

  /**
   * The damage that may be behind an error of the function, which it may have met in another guise: rows that cannot be, an
   * end that comes too early. Undefined when what it read is sound.
   */
  async cause(error: unknown): Promise<DamagedInput | undefined> {
    const failed = failureOf(error);
    if (failed?.reason === "cancelled" || failed?.reason === "timed-out") return undefined;
    if (this.#damage) return this.#damage;
    const isAnySuspect = failed !== undefined && isDamage(failed);
    await this.#verify(({ isBegun }) => isAnySuspect || isBegun);
    return this.#damage;
  }

  #give(node: GraphNode, digest: Digest, blobs: BlobReads): Given {
    const known = this.#given.get(digest);
    if (known) return Object.assign(known, { node, blobs });
    const given = { digest, node, blobs, isBegun: false, isSound: false };
    this.#given.set(digest, given);
    return given;
  }

  async *#stream(node: GraphNode, digest: Digest, blobs: BlobReads): AsyncGenerator<Uint8Array> {
    const given = this.#give(node, digest, blobs);
    given.isBegun = true;
    try {
      yield* blobs.stream(digest);
      given.isSound = true;
    } catch (error) {
      this.#note(node, error);
      throw error;
    }
  }

  async #noting<T>(node: GraphNode, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#note(node, error);
      throw error;
    }
  }

  #note(node: GraphNode, error: unknown): void {
    const failed = failureOf(error);
    if (failed && isDamage(failed)) this.#damage ??= new DamagedInput(node, failed);
  }

  /** Reads to its end what is suspected and not known to be sound. */
  async #verify(isSuspect: (given: Given) => boolean): Promise<void> {
    for (const given of this.#given.values()) {
      if (given.isSound || !isSuspect(given)) continue;
      const verdict = await given.blobs.verify(given.digest);
      if (verdict === "ok") given.isSound = true;
      else this.#damage ??= new DamagedInput(given.node, damageOf(given.digest, verdict));
    }
  }
}

function damageOf(digest: Digest, verdict: "missing" | "corrupt"): Failure {
  const name = `blob ${digest.slice(0, 12)}`;
  return verdict === "missing"
    ? failure("missing-blob", `${name} is not in the store`, { retryable: true })
    : failure("corrupt-blob", `${name} is damaged`, { retryable: true });
}
