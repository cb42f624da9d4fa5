import type { Digest } from "../../core/digest.ts";
import { fail, failureOf } from "../../core/failure.ts";
import { fileRefOf } from "../../core/file-ref.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { GraphInput, GraphNode } from "../../core/graph.ts";
import { membersVersion, partialMemberVersion, placedVersion, settingsVersion } from "../../core/key.ts";
import { flatten, pathsOf, type Shape } from "../../core/nested.ts";
import { type ItemSettings, isStage } from "../../core/node.ts";
import type { RecordedInput } from "../../core/record.ts";
import { shownText } from "../../platform/shown-text.ts";
import { formatVersion } from "../../store/formats.ts";
import type { StageFacts } from "../decision.ts";
import { loadInput, requireUnchanged } from "../make/load-inputs.ts";
import type { MakeContext, MakeRequest } from "../make/make.ts";
import { Reads } from "../make/reads.ts";
import type { HeldStandIn } from "../make/stand-in.ts";
import { type CopyValue, ItemList, versionsOf } from "./item-list.ts";
import { keepsItems } from "./kept-items.ts";
import { HeldPartialList, type LostList, placeOf } from "./partial-list.ts";

/** One of the lists that a map goes over. */
interface Member {
  readonly name: string;
  readonly node: GraphNode | undefined;
  /** What it gives for each item. */
  readonly values: readonly unknown[];
  readonly versions: readonly Digest[];
  /** What its node says where what it gives goes to the function as it is, and its version is not that of the value. */
  readonly unseen: "ignore" | "disable" | undefined;
  /** Where something stands in for an item that failed. */
  readonly standIns: ReadonlyMap<number, HeldStandIn>;
  /** Where there is a list with something in it that stands in: its version as a value, undefined where it has none. */
  readonly partial: ReadonlyMap<number, Digest | undefined>;
}

/** Several lists that a map goes over at once. */
class SpreadList extends ItemList {
  readonly #members: readonly Member[];

  constructor(
    facts: StageFacts,
    members: readonly Member[],
    versions: readonly Digest[],
    shape: Shape,
    lost: readonly LostList[],
  ) {
    super(
      facts,
      versions.map((_, i) => recordOf(members, ({ values }) => values[i])),
      versions,
      shape,
      { lost },
    );
    this.#members = members;
  }

  override copy(index: number, copyOf: CopyValue): unknown {
    return recordOf(this.#members, ({ values, versions, unseen, node, standIns, partial }) => {
      const standIn = standIns.get(index);
      if (standIn) return standIn.copy();
      const version = partial.has(index) ? partial.get(index) : versions[index]!;
      return unseen || version === undefined ? values[index] : copyOf(values[index], version, node);
    });
  }

  override stoppedBy(index: number): string | undefined {
    return this.#members.find(({ standIns }) => standIns.has(index))?.node?.name;
  }

  override recorded(index: number): readonly RecordedInput[] {
    return this.#members.map(({ name, node, versions }) => ({
      name,
      kind: node?.definition.kind ?? "value",
      ...(node ? { node: node.name } : {}),
      version: versions[index]!,
    }));
  }

  protected override shown(index: number): string {
    const [first, ...others] = this.#members;
    const text = (value: unknown): string => fileRefOf(value)?.name ?? shownText(value) ?? "a secret";
    if (others.length === 0) return text(first!.values[index]);
    return this.#members.map(({ name, values }) => `${name} ${text(values[index])}`).join(", ");
  }
}

function recordOf(members: readonly Member[], memberFrom: (member: Member) => unknown): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const member of members) {
    Object.defineProperty(record, member.name, {
      value: memberFrom(member),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return record;
}

/**
 * Loads the lists of a map and puts its items together: what stands at the same positions in each list. What a list gives that is
 * nested less deep goes with all that comes below it.
 * @throws DamagedInput
 * @throws SluiceError `unsupported-value` for what is no list, or is no list of as many, `unversionable`, `input-changed`
 */
export async function loadSpread(context: MakeContext, request: MakeRequest): Promise<ItemList> {
  const { facts } = request;
  const settings = facts.stage.items!;
  const spread = settings.spread!;
  const inputs = facts.node.inputs.filter(({ name }) => Object.hasOwn(spread, name));
  // The deepest first: it says how many there are at each level.
  const byDepth = inputs.toSorted((a, b) => spread[b.name]! - spread[a.name]! || (a.name < b.name ? -1 : 1));
  const deepest = spread[byDepth[0]!.name]!;
  const lost = lostLists(context, inputs, spread);
  const places = new Set(lost.map(({ path }) => placeOf(path)));
  const emptied = lost.length === 0 ? undefined : (path: readonly number[]): boolean => places.has(placeOf(path));
  let shape: Shape = [];
  let whole: { readonly name: string; readonly shape: Shape; readonly count: number } | undefined;
  const members: Member[] = [];
  let paths: readonly (readonly number[])[] = [];
  for (const input of byDepth) {
    const depth = spread[input.name]!;
    const { flat, shape: own } = await loadList(context, request, input, depth, emptied);
    if (!whole) {
      shape = own;
      whole = { name: input.name, shape, count: flat.length };
      paths = pathsOf(flat.length, shape);
    }
    const count = depth === deepest ? whole.count : whole.shape[depth - 1]!.length;
    if (flat.length !== count || !isSame(own, whole.shape.slice(0, depth - 1))) {
      fail(
        "unsupported-value",
        `"${input.name}" of ${facts.node.name} has ${flat.length} items, and "${whole.name}" ${count}`,
        {
          node: facts.node.name,
          hint: "both are read item by item, so there must be as many of both, nested alike: see what was given in their place",
        },
      );
    }
    members.push(
      memberOf(
        facts,
        context,
        input,
        { flat, shape: own },
        depth,
        depth === deepest ? undefined : ownersOf(whole.shape, depth),
      ),
    );
  }
  members.sort((a, b) => (a.name < b.name ? -1 : 1));
  return new SpreadList(facts, members, itemVersions(facts, members, paths), shape, lost);
}

/** The lists that are not there, as an item failed that was to give one: to all of a branch they are lost. */
function lostLists(
  context: MakeContext,
  inputs: readonly GraphInput[],
  spread: Readonly<Record<string, number>>,
): readonly LostList[] {
  const lost = new Map<string, LostList>();
  for (const { name, node } of inputs.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const list = node && context.held(node);
    if (!(list instanceof HeldPartialList)) continue;
    for (const each of list.lostFor(spread[name]!, node!.name)) {
      const place = placeOf(each.path);
      if (!lost.has(place)) lost.set(place, each);
    }
  }
  const isWithin = ({ path }: LostList): boolean => path.some((_, i) => i > 0 && lost.has(placeOf(path.slice(0, i))));
  return [...lost.values()].filter((each) => !isWithin(each));
}

interface FlatList {
  readonly flat: readonly unknown[];
  readonly shape: Shape;
}

async function loadList(
  context: MakeContext,
  { facts, inputs }: MakeRequest,
  input: GraphInput,
  depth: number,
  emptied: ((path: readonly number[]) => boolean) | undefined,
): Promise<FlatList> {
  const value = input.node ? await loadInput(context, input.node, [], new Reads(), false) : input.value;
  const node = facts.node.name;
  if (!input.node)
    requireUnchanged(facts.node, input.name, value, inputs.find(({ name }) => name === input.name)!.version);
  const found = flatten(value, depth, emptied);
  if ("flat" in found) return found;
  const where = found.path.length === 0 ? "" : ` at ${found.path.join(".")}`;
  const shown = shownText(found.value) ?? "something else";
  return fail(
    "unsupported-value",
    `${node} reads "${input.name}" item by item, and that is no list${where}: ${shown}`,
    {
      node,
      hint: "each item has its place in an array; where a value was given in place of a node in a branch, give the list",
    },
  );
}

/** For each item, which member of the list of a depth it belongs to. */
function ownersOf(shape: Shape, depth: number): readonly number[] {
  let owners: readonly number[] | undefined;
  for (const lengths of shape.slice(depth - 1)) {
    const inner: number[] = [];
    const above = owners;
    for (const [i, length] of lengths.entries()) for (let j = 0; j < length; j++) inner.push(above ? above[i]! : i);
    owners = inner;
  }
  return owners!;
}

function memberOf(
  { node: { name: reader } }: StageFacts,
  context: MakeContext,
  { name, node }: GraphInput,
  { flat, shape }: FlatList,
  depth: number,
  owners: readonly number[] | undefined,
): Member {
  const spread = <T>(list: readonly T[]): readonly T[] => (owners ? owners.map((owner) => list[owner]!) : list);
  const held = node && context.held(node);
  const lost = held instanceof HeldPartialList ? lostOf(held, { flat, shape }, depth) : undefined;
  let unseen = node && unseenOf(node);
  let versions = unseen ? undefined : versionsIfAny(reader, lost ? lost.rest : flat, node);
  if (!versions) {
    // What nobody can version is like what is not cached: it is never the same again.
    unseen ??= "disable";
    const version = held instanceof HeldPartialList ? held.restVersion : held!.version;
    versions = flat.map(() => version);
  }
  if (lost) versions = versions.map((version, index) => lost.versions.get(index) ?? version);
  return {
    name,
    node,
    values: spread(flat),
    versions: spread(versions),
    unseen,
    standIns: spreadMap(lost?.standIns, owners),
    partial: spreadMap(lost?.partial, owners),
  };
}

/** What something stands in for, or in what of it, of a list as an input of this depth. */
function lostOf(held: HeldPartialList, { flat, shape }: FlatList, depth: number) {
  // Who goes over the members of lists gets those that are there.
  if (depth > held.depth) return undefined;
  const [inPlace, within] = [held.standInsAt(depth), depth < held.depth ? held.listsAt(depth) : new Set<string>()];
  const standIns = new Map<number, HeldStandIn>();
  const partial = new Map<number, Digest | undefined>();
  const versions = new Map<number, Digest>();
  // By their places: of what is lost to others there may be items here.
  for (const [index, path] of pathsOf(flat.length, shape).entries()) {
    const place = placeOf(path);
    const standIn = inPlace.get(place);
    if (standIn) {
      standIns.set(index, standIn);
      versions.set(index, standIn.version);
    } else if (within.has(place)) {
      partial.set(index, versionIfAny(flat[index]));
      versions.set(index, partialMemberVersion(held.version, path));
    }
  }
  return { standIns, partial, versions, rest: flat.map((value, index) => (versions.has(index) ? null : value)) };
}

function spreadMap<T>(
  byIndex: ReadonlyMap<number, T> = new Map(),
  owners: readonly number[] | undefined,
): ReadonlyMap<number, T> {
  if (!owners || byIndex.size === 0) return byIndex;
  return new Map(owners.flatMap((owner, index) => (byIndex.has(owner) ? [[index, byIndex.get(owner)!] as const] : [])));
}

function versionIfAny(value: unknown): Digest | undefined {
  try {
    return fingerprint(value);
  } catch (error) {
    if (failureOf(error, "unversionable")) return undefined;
    throw error;
  }
}

/** Undefined where a node that is not recorded gave what has no version. @throws SluiceError `unversionable` of any other */
function versionsIfAny(
  reader: string,
  flat: readonly unknown[],
  node: GraphNode | undefined,
): readonly Digest[] | undefined {
  try {
    return versionsOf(reader, flat);
  } catch (error) {
    if (node && isStage(node.definition) && node.definition.unrecorded && failureOf(error, "unversionable"))
      return undefined;
    throw error;
  }
}

/** Where keys see something else than what a node gives. */
function unseenOf({ definition }: GraphNode): "ignore" | "disable" | undefined {
  if (!isStage(definition) && definition.kind !== "param") return undefined;
  const { cache } = definition;
  return cache === "ignore" || cache === "disable" ? cache : undefined;
}

/**
 * Items whose members say nothing of what they are must not be taken for one another, nor those of a map that is not cached, each of
 * which is to run: these count by their places as well.
 */
function itemVersions(
  facts: StageFacts,
  members: readonly Member[],
  paths: readonly (readonly number[])[],
): readonly Digest[] {
  const isPlaced =
    !keepsItems(facts) || members.every(({ unseen }) => unseen) || members.some(({ unseen }) => unseen === "disable");
  const format = formatOf(facts.stage.items!);
  return paths.map((path, i) => {
    const version = membersVersion(
      members.map(({ name, versions }) => ({ name, version: versions[i]! })),
      format,
    );
    return isPlaced ? placedVersion(version, path) : version;
  });
}

function formatOf({ format = "auto", formatOptions = null }: ItemSettings): Digest | undefined {
  if (format === "auto") return undefined;
  return settingsVersion({ format: [format, formatVersion(format), formatOptions] });
}

function isSame(a: Shape, b: Shape): boolean {
  return (
    a.length === b.length &&
    a.every((lengths, i) => lengths.length === b[i]!.length && lengths.every((length, j) => length === b[i]![j]))
  );
}
