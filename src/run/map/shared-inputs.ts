import type { Digest } from "../../core/digest.ts";
import { fail, failureOf } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import { givesItems } from "../../core/node.ts";
import { SealedValue } from "../make/held.ts";
import { loadInputs } from "../make/load-inputs.ts";
import { changedCode, changedFile, type MakeContext, type MakeRequest } from "../make/make.ts";
import { Reads } from "../make/reads.ts";

/**
 * The inputs that all items of a map get: loaded once, for a table that every item looks things up in may be large. So no item
 * may change them, which is looked at before any result is recorded.
 */
export class SharedInputs {
  readonly values: Readonly<Record<string, unknown>>;
  /** What was read through handles among them. */
  readonly reads: Reads;
  readonly #context: MakeContext;
  readonly #request: MakeRequest;
  readonly #files: readonly FileRef[];
  readonly #versions: ReadonlyMap<string, Digest>;

  /** @throws DamagedInput */
  static async load(context: MakeContext, request: MakeRequest): Promise<SharedInputs> {
    const files: FileRef[] = [];
    const reads = new Reads();
    const values = await loadInputs(context, request, files, reads, (name) => !givesItems(request.facts.stage, name));
    return new SharedInputs(context, request, lent(values), files, reads);
  }

  constructor(
    context: MakeContext,
    request: MakeRequest,
    values: Readonly<Record<string, unknown>>,
    files: readonly FileRef[],
    reads: Reads,
  ) {
    this.reads = reads;
    this.#context = context;
    this.#request = request;
    this.values = Object.freeze(values);
    this.#files = files;
    const versions = new Map<string, Digest>();
    for (const [name, value] of Object.entries(values)) {
      const version = changeable(value) ? versionOf(value) : undefined;
      if (version !== undefined) versions.set(name, version);
    }
    this.#versions = versions;
  }

  /** The input that is no longer what it was when keys were taken, if there is one: then nothing may be recorded. */
  changed(): string | undefined {
    const { facts } = this.#request;
    for (const { name, node } of facts.node.inputs) {
      if (!givesItems(facts.stage, name) && node && this.#context.held(node).unchanged?.() === false) return node.name;
    }
    return changedFile(this.#context.workspace, this.#files) ?? changedCode(this.#context.workspace, facts);
  }

  /** @throws SluiceError `input-changed` when the function changed what other items get too */
  requireUntouched(): void {
    const node = this.#request.facts.node.name;
    for (const [name, version] of this.#versions) {
      if (versionOf(this.values[name]) === version) continue;
      fail("input-changed", `the function of ${node} changed its shared input "${name}"`, {
        node,
        hint: "all items get the same object: let the function change a copy of it (structuredClone)",
      });
    }
  }
}

/** What goes to threads as it is stored goes there for each item. */
function lent(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const all = Object.entries(values).map(([name, value]) => [
    name,
    value instanceof SealedValue ? new SealedValue({ ...value, own: false }) : value,
  ]);
  return Object.fromEntries(all);
}

function changeable(value: unknown): boolean {
  return value !== null && typeof value === "object";
}

/** Undefined for a client, a folder or the like, which a node that is never stored, or a source, gives. */
function versionOf(value: unknown): Digest | undefined {
  try {
    return fingerprint(value);
  } catch (error) {
    if (failureOf(error)) return undefined;
    throw error;
  }
}
