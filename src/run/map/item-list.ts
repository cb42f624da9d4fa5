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
import { chunksOf, shapeIn } from "../../store/formats/list.ts";
import type { StageFacts } from "../decision.ts";
import type { SealedValue } from "../make/held.ts";
import { loadInput, loadSealed, requireUnchanged } from "../make/load-inputs.ts";
import type { MakeContext, MakeRequest } from "../make/make.ts";
import { Reads } from "../make/reads.ts";
import { isSecret } from "../redaction.ts";
import { keepsItems } from "./kept-items.ts";
import { partsOf } from "./list-chunks.ts";
import type { LostList } from "./partial-list.ts";
import { type Part, type ReadItems, readChunks, readItems } from "./read-items.ts";
import type { StoredList } from "./stored-list.ts";

/** Characters of an item's name. */
const longestName = 80;

/** Makes a copy of a value that is still of this version; its handles lead to what this node, if any, gave. */
export type CopyValue = (value: unknown, version: Digest, node: GraphNode | undefined) => unknown;

/** How a list was read, where not all of it is there. */
type Reading = Partial<Pick<ReadItems, "parts" | "positions" | "kept" | "total">> & Partial<Pick<ItemList, "lost">>;

/** What a map goes over, as this run has it: all of its items, but for those of which nothing has changed since the last list. */
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
  /** All of the list, in its order. */
  readonly parts: readonly Part[];
  /** The earlier list, where chunks of it are kept as they are. Then no two items are equal. */
  readonly kept: StoredList | undefined;
  /** How many items there are, with those that are kept. */
  readonly total: number;
  /** Lists of items that are not there, as what was to give them failed: in the shape they are empty. */
  readonly lost: readonly LostList[];
  readonly #positions: readonly number[] | undefined;
  readonly #stage: StageNode;
  readonly #node: GraphNode | undefined;
  readonly #isSecret: boolean;
  #paths: readonly (readonly number[])[] | undefined;

  constructor(
    facts: StageFacts,
    values: readonly unknown[],
    versions: readonly Digest[],
    shape: Shape = [],
    { parts = partsOf(versions), kept, total, positions, lost = [] }: Reading = {},
  ) {
    this.values = values;
    this.versions = versions;
    this.shape = shape;
    this.parts = parts;
    this.kept = kept;
    this.total = total ?? versions.length;
    this.lost = lost;
    this.#positions = positions;
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

  /** How many items are kept as they are. */
  get keptCount(): number {
    return this.total - this.versions.length;
  }

  /** Where in the whole list an item is. */
  position(index: number): number {
    return this.#positions?.[index] ?? index;
  }

  /** The positions of an item in the lists that it comes of. */
  path(index: number): readonly number[] {
    if (this.#positions) return [this.position(index)];
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
    const name = this.#keyOf(index) ?? fileRefOf(this.values[index])?.name ?? this.path(index).join(".");
    return name.length <= longestName ? name : `${name.slice(0, longestName - 1)}…`;
  }

  /** A name is for people: where the user's function gives none, that fails nothing. */
  #keyOf(index: number): string | undefined {
    try {
      const key: unknown = this.#stage.items?.key?.(this.values[index]);
      return key === undefined ? undefined : String(key);
    } catch {
      return undefined;
    }
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
 * @param earlier the last list that the map gave with the same code and shared inputs
 * @throws DamagedInput
 * @throws SluiceError `unsupported-value` for what is no list, `unversionable`, `input-changed`
 */
export async function loadItems(
  context: MakeContext,
  request: MakeRequest,
  earlier: StoredList | undefined,
): Promise<ItemList> {
  const { facts, inputs } = request;
  const input = inputOf(facts);
  if (!input) return (await import("./spread-list.ts")).loadSpread(context, request);
  const version = inputs.find(({ name }) => name === itemsInput)!.version;
  const sealed = input.node && (await loadSealed(context, input.node));
  const read = sealed && readSealed(sealed, keeps(facts) ? earlier : undefined);
  if (read) return new ItemList(facts, read.values, read.versions, [], read);
  const list = input.node ? await loadInput(context, input.node, [], new Reads(), false, sealed) : input.value;
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

/** Undefined where the items cannot be read by themselves. */
function readSealed({ format, bytes, params }: SealedValue, earlier: StoredList | undefined): ReadItems | undefined {
  if (format === "auto") return readItems(bytes, earlier);
  const isFlat = format === "list" && shapeIn(params).length === 0;
  return isFlat ? readChunks(chunksOf(bytes), earlier) : undefined;
}

/** Whether results may be taken over without a look at each: nobody is told of it, and each holds for as long as its list is there. */
function keeps(facts: StageFacts): boolean {
  const { items, maxAge, outside } = facts.stage;
  return keepsItems(facts) && items?.told !== true && maxAge === undefined && !outside;
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
