import type { Digest } from "../../core/digest.ts";
import type { GraphNode } from "../../core/graph.ts";
import type { InputDetail } from "../../core/input-detail.ts";
import type { ResultRecord } from "../../core/record.ts";
import type { StageFacts } from "../decision.ts";
import { inputDetail } from "../sources/input-detail.ts";
import type { SourceVersion } from "../sources/sources.ts";
import type { Workspace } from "../workspace.ts";

/** Records results durably, those that come together in one transaction. */
export class Recorder {
  readonly #workspace: Pick<Workspace, "metadata" | "analyser">;
  readonly #sources: ReadonlyMap<GraphNode, SourceVersion>;
  /** Versions of inputs that were described already. */
  readonly #described = new Set<Digest>();
  #pending: ResultRecord[] = [];
  #code = new Map<Digest, StageFacts>();
  #details = new Map<Digest, InputDetail>();
  #flush: Promise<void> | undefined;

  constructor(
    workspace: Pick<Workspace, "metadata" | "analyser">,
    sources: ReadonlyMap<GraphNode, SourceVersion> = new Map(),
  ) {
    this.#workspace = workspace;
    this.#sources = sources;
  }

  /** Returns when the record is durable. */
  record(result: ResultRecord, facts: StageFacts): Promise<void> {
    this.#pending.push(result);
    this.#code.set(result.codeVersion, facts);
    for (const input of result.inputs) {
      if (this.#described.has(input.version)) continue;
      this.#described.add(input.version);
      const detail = inputDetail(facts.node, input, this.#sources);
      if (detail) this.#details.set(input.version, detail);
    }
    // Everything that ends in the same turn of the event loop shares one transaction.
    this.#flush ??= new Promise((done) => setImmediate(done)).then(() => this.#write());
    return this.#flush;
  }

  /** Keeps the code of a stage that has no result. */
  async keepCode({ codeVersion, code }: StageFacts): Promise<void> {
    const { metadata, analyser } = this.#workspace;
    await metadata.putCode(codeVersion, code.parts, (part) => analyser.textOf(part));
  }

  async #write(): Promise<void> {
    const { metadata } = this.#workspace;
    const [results, code, details] = [this.#pending, this.#code, this.#details];
    this.#pending = [];
    this.#code = new Map();
    this.#details = new Map();
    this.#flush = undefined;
    for (const facts of code.values()) await this.keepCode(facts);
    await metadata.putInputs(details);
    await metadata.putResults(results);
  }
}
