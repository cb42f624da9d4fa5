import { type Digest, isDigest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import { nearest } from "../../core/graph.ts";
import type { Pin } from "../../metadata/keeping.ts";
import type { Store } from "../workspace.ts";

export type { Pin } from "../../metadata/keeping.ts";

type Kept = Pick<Store, "metadata">;

/** What is pinned. @see pinResult */
export async function pinned({ metadata }: Kept): Promise<readonly Pin[]> {
  return metadata.keeping.pins();
}

/**
 * Keeps a result, or all results of nodes, from eviction and pruning, until it is unpinned.
 * @param what a key, the first 8 digits or more of one, or the name of a node (`*` and `?` as in file names)
 * @throws SluiceError `unknown-node` when it is neither
 */
export async function pinResult(store: Kept, what: string): Promise<Pin> {
  const pin = await findPin(store, what);
  await store.metadata.keeping.pin(pin);
  return pin;
}

/** Undoes {@link pinResult}. @throws SluiceError `unknown-node` when it is not pinned */
export async function unpinResult(store: Kept, what: string): Promise<Pin> {
  const pin = await findPinned(store, what);
  await store.metadata.keeping.unpin(pin);
  return pin;
}

/** What {@link unpinResult} would unpin. */
export async function findPinned({ metadata }: Kept, what: string): Promise<Pin> {
  const pins = await metadata.keeping.pins();
  const named = pins.filter(({ kind, name }) => name === what || (kind === "result" && isStart(what, name)));
  const [pin] = named;
  if (!pin) {
    const near = nearest(
      what,
      pins.map(({ name }) => name),
    );
    return fail("unknown-node", `"${what}" is not pinned`, {
      hint: near ? `did you mean "${near}"?` : "sluice cache pin lists what is",
    });
  }
  if (named.length > 1 && pin.kind === "result")
    fail("usage", `"${what}" is the beginning of several keys that are pinned`);
  return pin;
}

/** What {@link pinResult} would pin. */
export async function findPin(store: Kept, what: string): Promise<Pin> {
  const key = isDigest(what) ? what : await keyThatStarts(store, what);
  if (key !== undefined) return { kind: "result", name: key };
  if (what.includes("*") || what.includes("?")) return { kind: "node", name: what };
  const [known] = await store.metadata.keeping.newest({ limit: 1, node: what });
  if (known) return { kind: "node", name: what };
  const names = (await store.metadata.keeping.nodes(10_000)).map(({ node }) => node);
  const near = nearest(what, names);
  return fail("unknown-node", `there is no result of "${what}", and none whose key begins so`, {
    hint: near ? `did you mean "${near}"?` : "sluice cache ls shows nodes and keys",
  });
}

function isStart(what: string, key: Digest): boolean {
  return /^[0-9a-f]{8,64}$/.test(what) && key.startsWith(what);
}

async function keyThatStarts({ metadata }: Kept, what: string): Promise<Digest | undefined> {
  if (!/^[0-9a-f]{8,63}$/.test(what)) return undefined;
  const keys = await metadata.keeping.keysFrom(what, 2);
  if (keys.length > 1) fail("usage", `"${what}" is the beginning of several keys`, { hint: "give more digits" });
  return keys[0];
}

/** Whether a name fits a pattern, in which `*` stands for any text and `?` for any character. */
export function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return () => false;
  const either = patterns.map((pattern) =>
    pattern
      .replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&")
      .replaceAll(/\*+/g, ".*")
      .replaceAll("?", "."),
  );
  const matcher = new RegExp(`^(?:${either.join("|")})$`, "su");
  return (name) => matcher.test(name);
}
