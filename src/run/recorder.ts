import type { CodePart } from "../core/code-part.ts";
import type { Digest } from "../core/digest.ts";
import type { ResultRecord } from "../core/record.ts";
import type { Metadata } from "../metadata/metadata.ts";

/** Records results durably, those that come together in one transaction. */
export class Recorder {
  readonly #metadata: Metadata;
  #pending: ResultRecord[] = [];
  #code = new Map<Digest, readonly CodePart[]>();
  #flush: Promise<void> | undefined;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** Returns when the record is durable. */
  record(result: ResultRecord, parts: readonly CodePart[]): Promise<void> {
    this.#pending.push(result);
    this.#code.set(result.codeVersion, parts);
    // Everything that ends in the same turn of the event loop shares one transaction.
    this.#flush ??= new Promise((done) => setImmediate(done)).then(() => this.#write());
    return this.#flush;
  }

  async #write(): Promise<void> {
    const [results, code] = [this.#pending, this.#code];
    this.#pending = [];
    this.#code = new Map();
    this.#flush = undefined;
    for (const [version, parts] of code) await this.#metadata.putCode(version, parts);
    await this.#metadata.putResults(results);
  }
}
