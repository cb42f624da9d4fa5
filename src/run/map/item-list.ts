import { fingerprintEach } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import { fail, failureOf, SluiceError } from "../../core/failure.ts";
import { fileRefOf } from "../../core/file-ref.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { GraphInput, GraphNode } from "../../core/graph.ts";
import { nest, pathsOf, type Shape } from "../../core/nested.ts";
import { givesItems, itemsInput, type StageNode } from "../../core/node.ts";
import type { RecordedInput } from "../../core/record.ts";
import { shownText } from "../../platform/shown-text.ts";
import type { StageFacts } from "../decision.ts";
import { loadInput, requireUnchanged } from "../make/load-inputs.ts";
import type { MakeContext, MakeRequest } from "../make/make.ts";
import { Reads } from "../make/reads.ts";
import { isSecret } from "../redaction.ts";

/** Characters of an item's name. */
const longestName = 80;

/** Makes a copy of a value that is still of this version; its handles lead to what this node, if any, gave. */
export type CopyValue = (value: unknown, version: Digest, node: GraphNode | undefined) => unknown;

/** What a map goes over, as this run has it. */
export class ItemList {
  readonly values: readonly unknown[];
  /** The data version of each. */
  readonly versions: readonly Digest[];
  /** Where each item stands first, by its data version: equal items are one. */
  readonly first: ReadonlyMap<Digest, number>;
  /** The same positions, in their order. */
  readonly distinct: readonly number[];
  /** How the list of the results is nested. */
  readonly shape: Shape;
  readonly #stage: StageNode;
  readonly #node: GraphNode | undefined;
  readonly #isSecret: boolean;
  #paths: readonly (readonly number[])[] | undefined;

  constructor(facts: StageFacts, values: readonly unknown[], versions: readonly Digest[], shape: Shape = []) {
    this.values = values;
    this.versions = versions;
    this.shape = shape;
    const first = new Map<Digest, number>();
    const distinct: number[] = [];
    for (let i = 0; i < versions.length; i++) {
      if (first.has(versions[i]!)) continue;
      first.set(versions[i]!, i);
      distinct.push(i);
    }
    this.first = first;
    this.distinct = distinct;
    this.#stage = facts.stage;
    this.#node = inputOf(facts)?.node;
    this.#isSecret = facts.node.inputs.some(
      ({ name, node }) => node && givesItems(facts.stage, name) && isSecret(node.definition),
    );
  }

  /** A copy of an item for its function. */
  copy(index: number, copyOf: CopyValue): unknown {
    return copyOf(this.values[index], this.versions[index]!, this.#node);
  }

  /** An item as an input of its result. */
  recorded(index: number): readonly RecordedInput[] {
    return [{ name: "item", kind: "value", version: this.versions[index]! }];
  }

  /** The positions of an item in the lists that it comes of. */
  path(index: number): readonly number[] {
    this.#paths ??= pathsOf(this.values.length, this.shape);
    return this.#paths[index]!;
  }

  /** What there is for each item, as the value of the map. */
  nested(flat: readonly unknown[]): readonly unknown[] {
    return nest(flat, this.shape);
  }

  /** What is there for the first of equal items, for all of them. */
  spread<T>(byFirst: readonly (T | undefined)[]): T[] {
    return this.versions.map((version, i) => byFirst[i] ?? byFirst[this.first.get(version)!]!);
  }

  /** What an item is called: by the option `key`, else by its file, else by its position. */
  nameOf(index: number): string {
    const key = this.#stage.items?.key;
    const item = this.values[index];
    const name = key ? String(key(item)) : (fileRefOf(item)?.name ?? this.path(index).join("."));
    return name.length <= longestName ? name : `${name.slice(0, longestName - 1)}…`;
  }

  /** The node whose item failed that an item reads, and that something stands in for, if there is one. */
  stoppedBy(_index: number): string | undefined {
    return undefined;
  }

  /** An item in a few words, unless it is a secret. */
  describe(index: number): string {
    return this.#isSecret ? "a secret" : this.shown(index);
  }

  protected shown(index: number): string {
    const item = this.values[index];
    return fileRefOf(item)?.name ?? shownText(item) ?? "a secret";
  }
}

/** The input that is the list, where that is one. */
function inputOf({ node, stage }: StageFacts): GraphInput | undefined {
  return stage.items?.spread ? undefined : node.inputs.find(({ name }) => name === itemsInput);
}

/**
 * Loads the list of a map and versions its items, each by itself.
 * @throws DamagedInput
 * @throws SluiceError `unsupported-value` for what is no list, `unversionable`, `input-changed`
 */
export async function loadItems(context: MakeContext, request: MakeRequest): Promise<ItemList> {
  const { facts, inputs } = request;
  const input = inputOf(facts);
  if (!input) return (await import("./spread-list.ts")).loadSpread(context, request);
  const version = inputs.find(({ name }) => name === itemsInput)!.version;
  const list = input.node ? await loadInput(context, input.node, [], new Reads(), false) : input.value;
  // Each item is copied when it runs: the list itself need not be.
  if (!input.node) requireUnchanged(facts.node, itemsInput, input.value, version);
  const node = facts.node.name;
  if (!Array.isArray(list)) {
    const what = input.node ? `${input.node.name} gives` : "it was given";
    const hint = "let that node return an array; of a Map or a Set: [...values]";
    const known = input.node?.definition.kind;
    const shown = known === "env" || known === "param" ? "something else" : (shownText(list) ?? "something else");
    fail("unsupported-value", `${node} goes over a list, and ${what} ${shown}`, { node, hint });
  }
  return new ItemList(facts, list, versionsOf(node, list));
}

/** The version of each of the items that a node goes over. @throws SluiceError `unversionable` */
export function versionsOf(node: string, list: readonly unknown[]): readonly Digest[] {
  try {
    return fingerprintEach(list);
  } catch (error) {
    if (!failureOf(error)) throw error;
  }
  // Once more, to say which it is: a list of a node that is never stored can hold anything.
  return list.map((item, index) => {
    try {
      return fingerprint(item);
    } catch (error) {
      const found = failureOf(error);
      if (!found) throw error;
      const message = `item ${index} of ${node} cannot be versioned: ${found.message.replace(/^result/, "item")}`;
      throw new SluiceError({ ...found, node, message });
    }
  });
}
