import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import type { GraphNode } from "../../core/graph.ts";
import type { InputDetail } from "../../core/input-detail.ts";
import type { ResultRecord } from "../../core/record.ts";
import type { Lease } from "../../metadata/lease.ts";
import type { CodeVersionParts } from "../../metadata/metadata.ts";
import type { StageFacts } from "../decision.ts";
import { inputDetail } from "../sources/input-detail.ts";
import type { SourceVersion } from "../sources/sources.ts";
import type { Workspace } from "../workspace.ts";

/** Milliseconds of work that a batch may hold back from the disk while the run goes on: about what it takes to write one of that many. */
const mostWork = 25;
/** The most results of a batch: what it costs to write does not grow for more. */
const mostResults = 1000;

interface RecorderOptions {
  readonly workspace: Pick<Workspace, "metadata" | "analyser">;
  readonly sources?: ReadonlyMap<GraphNode, SourceVersion>;
  /** Told of a result that was taken and then could not be written, for whatever reason. */
  readonly onLost: (facts: StageFacts, error: unknown) => void;
}

/**
 * Records results, those that come together in one transaction. A result that took long to make is written before
 * anything else goes on. Trivial ones may wait for each other, as long as making them again costs no more than writing them: they
 * are written when the process would wait for something else, before a long stage can begin. What is written survives the end of
 * the process at once, and a power cut a moment later: nobody waits for the disk but the end of the run.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  /** Versions of inputs that were described already. */
  readonly #described = new Set<Digest>();
  #pending: { readonly result: ResultRecord; readonly facts: StageFacts }[] = [];
  /** Of results that are not written yet: whoever waits for one must find it. */
  #leases: Lease[] = [];
  #code = new Map<Digest, StageFacts>();
  #details = new Map<Digest, InputDetail>();
  #work = 0;
  #isScheduled = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /**
   * Takes a result.
   * @throws SluiceError when it had to be written at once, and could not be
   */
  async record(result: ResultRecord, facts: StageFacts): Promise<void> {
    this.#pending.push({ result, facts });
    this.#work += result.durationMs;
    this.#code.set(result.codeVersion, facts);
    for (const input of result.inputs) {
      if (this.#described.has(input.version)) continue;
      this.#described.add(input.version);
      const detail = inputDetail(facts.node, input, this.#options.sources ?? new Map());
      if (detail) this.#details.set(input.version, detail);
    }
    if (this.#work >= mostWork || this.#pending.length >= mostResults) return this.#write(result);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.flush());
  }

  /** Gives a key up once its result can be found. */
  async release(lease: Lease): Promise<void> {
    if (this.#pending.length === 0) await lease.release();
    else this.#leases.push(lease);
  }

  /** Writes what is held back. What cannot be written is told to `onLost`. */
  flush(): Promise<void> {
    return this.#write();
  }

  /** The same, and waits until all of it survives a power cut. @throws SluiceError `io`, `no-space` */
  async finish(): Promise<void> {
    await this.#write();
    await this.#options.workspace.metadata.synced();
  }

  /** Keeps the code of a stage that has no result. */
  async keepCode(facts: StageFacts): Promise<void> {
    await this.#options.workspace.metadata.putResults([], { code: [this.#codeOf(facts)] });
  }

  #codeOf({ codeVersion, code }: StageFacts): CodeVersionParts {
    const { analyser } = this.#options.workspace;
    return { version: codeVersion, parts: code.parts, textOf: (part) => analyser.textOf(part) };
  }

  /** One is without its blobs, and is to cost no other its place. */
  async #writeEach(
    pending: readonly { readonly result: ResultRecord; readonly facts: StageFacts }[],
    code: ReadonlyMap<Digest, StageFacts>,
    newest: ResultRecord | undefined,
  ): Promise<void> {
    const { metadata } = this.#options.workspace;
    await metadata.putResults([], { code: [...code.values()].map((facts) => this.#codeOf(facts)) });
    let lost: unknown;
    for (const { result, facts } of pending) {
      try {
        await metadata.putResults([result]);
      } catch (error) {
        if (result === newest) lost = error;
        else this.#options.onLost(facts, error);
      }
    }
    if (lost) throw lost;
  }

  /** @param newest whose maker waits, and is told by an exception */
  async #write(newest?: ResultRecord): Promise<void> {
    const [pending, leases, code, inputs] = [this.#pending, this.#leases, this.#code, this.#details];
    this.#pending = [];
    this.#leases = [];
    this.#code = new Map();
    this.#details = new Map();
    this.#work = 0;
    this.#isScheduled = false;
    const { metadata } = this.#options.workspace;
    try {
      const results = pending.map(({ result }) => result);
      await metadata.putResults(results, { code: [...code.values()].map((facts) => this.#codeOf(facts)), inputs });
    } catch (error) {
      if (pending.length > 1 && failureOf(error, "missing-blob")) return await this.#writeEach(pending, code, newest);
      for (const { result, facts } of pending) if (result !== newest) this.#options.onLost(facts, error);
      if (newest) throw error;
    } finally {
      await Promise.all(leases.map((lease) => lease.release()));
    }
  }
}
