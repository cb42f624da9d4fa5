import { digestParts } from "./canonical.ts";
import type { Digest } from "./digest.ts";
import type { JsonValue } from "./json.ts";
import type { Shape } from "./nested.ts";
import type { NodeKind } from "./node.ts";
import type { RecordedInput } from "./record.ts";

/*
 * Every key formula of Sluice. What is in a key can make a result stale; what is not cannot. Not in any of them: paths of
 * the machine, time, user, concurrency, retries, timeouts, log level, where the cache lives.
 */

/** What a node's result is looked up by. */
export interface KeyParts {
  /** Two nodes with equal code and inputs keep results apart, so that `why` can compare a node with its own past. */
  readonly node: string;
  readonly kind: NodeKind;
  readonly codeVersion: Digest;
  readonly inputs: readonly KeyInput[];
  /** Of the settings that change the result, see {@link settingsVersion}. */
  readonly settings: Digest;
}

export interface KeyInput {
  readonly name: string;
  readonly version: Digest;
}

/** The key of a result. The order in which inputs are given does not count: a function cannot see it. */
export function resultKey({ kind, node, codeVersion, settings, inputs }: KeyParts): Digest {
  const flat: string[] = [kind, node, codeVersion, settings];
  for (const { name, version } of inputs.length > 1 ? inputs.toSorted(byName) : inputs) flat.push(name, version);
  return digestParts("key", flat);
}

/**
 * What the keys of all items of a map have in common. How the list is stored and where it is placed is no part of it: an item
 * does not see that.
 * @param shared the inputs that all items get
 */
export function itemsBase(node: string, codeVersion: Digest, shared: readonly KeyInput[]): Digest {
  const flat: string[] = [node, codeVersion];
  for (const { name, version } of shared.toSorted(byName)) flat.push(name, version);
  return digestParts("items", flat);
}

/**
 * The version of an item that has members of several lists.
 * @param format of its result, with what that takes, where it is not `auto`
 */
export function membersVersion(members: readonly KeyInput[], format?: Digest): Digest {
  const flat: string[] = [];
  for (const { name, version } of members.length > 1 ? members.toSorted(byName) : members) flat.push(name, version);
  return digestParts("members", format === undefined ? flat : [...flat, format]);
}

/** What stands for a value that has no version, or whose version must not count, in an item: where that is, and what its node says. */
export function placedVersion(version: Digest, path: readonly number[]): Digest {
  return digestParts("placed", [version, ...path]);
}

/** The key of the result of one item: where in the list the item stands does not count. */
export function itemKey(base: Digest, item: Digest): Digest {
  return digestParts("item", [base, item]);
}

/**
 * The data version of a map: of the results of its items, in their order.
 * @param results their data versions, 32 bytes each
 * @param shape how they are nested, if they are
 */
export function listVersion(results: Uint8Array, shape: Shape = []): Digest {
  return digestParts("list", shape.length === 0 ? [results] : [results, shape]);
}

/** One input of an entry of the explicit cache. */
export interface EntryInput extends KeyInput {
  readonly kind: RecordedInput["kind"];
}

/**
 * The key of an entry of the explicit cache.
 * @param codeVersion {@link noCodeVersion}, or of the function that makes the entry
 * @param ordered inputs that have no names, in the order in which they were given: a difference of two files is not that of
 *   the same two the other way round
 * @param named inputs with names, no two of a kind with the same; their order does not count
 */
export function entryKey(
  label: string,
  codeVersion: Digest,
  ordered: readonly EntryInput[],
  named: readonly EntryInput[],
): Digest {
  const flat: unknown[] = [label, codeVersion, ordered.length];
  for (const { kind, version } of ordered) flat.push(kind, version);
  const sorted = named.length > 1 ? named.toSorted((a, b) => byName(a, b) || (a.kind < b.kind ? -1 : 1)) : named;
  for (const { kind, name, version } of sorted) flat.push(kind, name, version);
  return digestParts("entry", flat);
}

/** The code version of an entry whose maker is not versioned by its code. */
export function noCodeVersion(): Digest {
  return digestParts("no-code", []);
}

/** What a key sees of a stage's settings: the format and its parameters, the names of output files; in any order. */
export function settingsVersion(settings: { readonly [name: string]: JsonValue }): Digest {
  const flat: unknown[] = [];
  for (const name of Object.keys(settings).sort()) flat.push(name, settings[name]);
  return digestParts("settings", flat);
}

/** The code version of a node: what its code reaches, and the salt that the user gave. */
export function saltedCodeVersion(reached: Digest, salt: string | undefined): Digest {
  return salt === undefined ? reached : digestParts("code", [reached, salt]);
}

/**
 * What a consumer's key sees of a node that is not cached: a version of its own each run, so that consumers always run.
 * @param nonce what no other run ever has; the id of a run, made to be read, is too short to be sure
 */
export function disabledVersion(nonce: string, node: string): Digest {
  return digestParts("disabled", [nonce, node]);
}

/** What a consumer's key sees of a node that is ignored: always the same, so that consumers hit whatever it gave. */
export function ignoredVersion(): Digest {
  return digestParts("ignored", []);
}

/**
 * What a consumer's key sees of what stands in for a node that failed: never what it sees of a value.
 * @param value the data version of what stands in
 */
export function standInVersion(value: Digest): Digest {
  return digestParts("stand-in", [value]);
}

/**
 * What a consumer's key sees of a list in which something stands in for some items: never what it sees of a list that is whole.
 * @param rest the version of the other items in their order, as a list
 * @param standIns where something stands in, with its {@link standInVersion}
 * @param shape how all of them are nested
 * @param lists where something stands in for a list of them: its positions, and the {@link standInVersion}
 */
export function partialListVersion(
  rest: Digest,
  standIns: readonly { readonly index: number; readonly version: Digest }[],
  shape: Shape,
  lists: readonly { readonly path: readonly number[]; readonly version: Digest }[] = [],
): Digest {
  const placed = standIns.toSorted((a, b) => a.index - b.index).flatMap(({ index, version }) => [index, version]);
  return standInVersion(
    digestParts("partial-list", [rest, shape, ...placed, ...lists.flatMap(({ path, version }) => [path, version])]),
  );
}

/** The same of one list in such a list, with something in it that stands in: by its positions, from the outermost list in. */
export function partialMemberVersion(whole: Digest, path: readonly number[]): Digest {
  return standInVersion(digestParts("partial-member", [whole, path]));
}

function byName(a: KeyInput, b: KeyInput): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
