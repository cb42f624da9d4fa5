import type { Digest } from "../../core/digest.ts";
import { type Failure, failure, failureOf } from "../../core/failure.ts";
import type { GraphNode } from "../../core/graph.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { DamagedInput, isDamage } from "./damaged-input.ts";

/** What handles read of a store. */
export type BlobReads = Pick<BlobStore, "read" | "stream" | "verify" | "placeSync">;

/**
 * What a stage's function reads through the handles that it was given. Content that is handed on bit by bit can turn out to be
 * damaged when much of it was used already, or not at all if the function stops before; and a function may catch what is
 * thrown at it. So the engine keeps its own account: nothing that was made of damaged content may be recorded.
 */
export class Reads {
  /** What handles lead to, and whose value they are part of. */
  readonly #given = new Map<Digest, { readonly node: GraphNode; readonly blobs: BlobReads }>();
  /** Read in part: what was handed on is not known to be sound. */
  readonly #begun = new Set<Digest>();
  readonly #sound = new Set<Digest>();
  #damage: DamagedInput | undefined;

  /**
   * A store as handles in the value of a node see it.
   * @param digests all that they may lead to
   */
  through(node: GraphNode, blobs: BlobReads, digests: readonly Digest[]): BlobReads {
    for (const digest of digests) this.#given.set(digest, { node, blobs });
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
    for (const digest of this.#begun) if (!this.#sound.has(digest)) await this.#verify(digest);
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
    const suspects = failed && isDamage(failed) ? this.#given.keys() : this.#begun;
    for (const digest of [...suspects]) if (!this.#sound.has(digest)) await this.#verify(digest);
    return this.#damage;
  }

  async *#stream(node: GraphNode, digest: Digest, blobs: BlobReads): AsyncGenerator<Uint8Array> {
    this.#begun.add(digest);
    this.#given.set(digest, { node, blobs });
    try {
      yield* blobs.stream(digest);
      this.#sound.add(digest);
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

  async #verify(digest: Digest): Promise<void> {
    const { node, blobs } = this.#given.get(digest)!;
    const verdict = await blobs.verify(digest);
    if (verdict === "ok") this.#sound.add(digest);
    else this.#damage ??= new DamagedInput(node, damageOf(digest, verdict));
  }
}

function damageOf(digest: Digest, verdict: "missing" | "corrupt"): Failure {
  const name = `blob ${digest.slice(0, 12)}`;
  return verdict === "missing"
    ? failure("missing-blob", `${name} is not in the store`, { retryable: true })
    : failure("corrupt-blob", `${name} is damaged`, { retryable: true });
}
