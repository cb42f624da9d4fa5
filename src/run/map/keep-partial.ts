import type { Digest } from "../../core/digest.ts";
import type { Failure } from "../../core/failure.ts";
import type { Held } from "../make/held.ts";
import { keepResult, type Made, type MakeContext, type MakeRequest } from "../make/make.ts";
import { HeldStandIn } from "../make/stand-in.ts";
import type { StandIn } from "../run-hooks.ts";
import { ItemList } from "./item-list.ts";
import { type Gathered, keepList } from "./keep-list.ts";
import { HeldPartialList, PartlyFailed } from "./partial-list.ts";

/** Items that have no value. */
export interface Lost {
  /** What stands in for each of them, by their positions; of equal ones, of the first. */
  readonly standIns: ReadonlyMap<number, StandIn>;
  readonly isSkipped: boolean;
  /** Why there is no list that is whole. */
  readonly failure: Failure;
}

interface GatheredPart extends Gathered {
  /** Of a map that is not cached: what the function gave, as it is, by the positions of items. */
  readonly values?: ReadonlyMap<number, unknown>;
}

/**
 * Keeps what there is of a list for the rest of the run, and for no other.
 * @throws DamagedPiece
 */
export async function keepPartial(
  context: MakeContext,
  request: MakeRequest,
  items: ItemList,
  lost: Lost,
  gathered: GatheredPart,
): Promise<PartlyFailed> {
  const standIns = new Map<number, HeldStandIn>();
  const whole: number[] = [];
  for (const [index, version] of items.versions.entries()) {
    const standIn = lost.standIns.get(items.first.get(version)!);
    if (!standIn) whole.push(index);
    else standIns.set(index, new HeldStandIn(standIn.value, `${request.facts.node.name}.${index}`, context.nonce));
  }
  const rest = await keepRest(context, request, items, whole, gathered);
  const held = new HeldPartialList({
    rest,
    standIns,
    length: items.versions.length,
    shape: items.shape,
    lost: items.lost,
  });
  return new PartlyFailed(lost.failure, lost.isSkipped, held);
}

/** The items that are well, as a list of their own that is not recorded. */
async function keepRest(
  context: MakeContext,
  request: MakeRequest,
  items: ItemList,
  positions: readonly number[],
  { pieces, chunks, changed, values }: GatheredPart,
): Promise<Held> {
  const { facts } = request;
  const of = <T>(list: readonly T[]): T[] => positions.map((index) => list[index]!);
  const firstOf = (version: Digest): number => items.first.get(version)!;
  const unrecorded = { ...request, facts: { ...facts, cache: "off" as const, stage: { ...facts.stage, checks: [] } } };
  let made: Made;
  if (values) {
    const value = positions.map((index) => values.get(firstOf(items.versions[index]!)));
    const attempted = { value, meta: {}, outputs: {}, tmp: context.workspace.scratch, durationMs: 0 };
    made = await keepResult(context, unrecorded, attempted, [], changed);
  } else {
    const list = new ItemList(facts, of(items.values), of(items.versions));
    const byFirst = of(items.versions).map((version) => pieces[firstOf(version)]);
    made = await keepList(context, unrecorded, list, { pieces: byFirst, chunks, changed });
  }
  if (made.kind !== "made") throw new Error(`${facts.node.name} was made elsewhere, and is not recorded`);
  return made.held;
}
