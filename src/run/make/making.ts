import { AsyncLocalStorage } from "node:async_hooks";
import type { Digest } from "../../core/digest.ts";
import { type Failure, failure, SluiceError } from "../../core/failure.ts";

/** What is told of a result that is made, also from thread to thread. */
export interface MadeResult {
  /** What is made, in messages. */
  readonly called: string;
  /** Under which it is recorded, and of an item also that of the list: all are waited for. */
  readonly keys: readonly Digest[];
  /** What to do where the result needs itself. */
  readonly instead: string;
}

/** A result that a function of the user's is called for. */
export interface Making extends MadeResult {
  /** Aborted when nobody waits for the function any more, though it may go on: its time is up, or its run was cancelled. */
  readonly signal: AbortSignal;
}

/**
 * That of a node's result, or an item's.
 * @param called the node or the item, in messages
 */
export function makingOf(called: string, keys: readonly Digest[], limits: Pick<Making, "signal">): Making {
  return {
    called: `the result of ${called}`,
    keys,
    instead:
      "its function runs, by a driver or a project, what reads or is this very result: make that a parameter of it",
    // Not made for functions that begin nothing.
    get signal() {
      return limits.signal;
    },
  };
}

interface Call {
  readonly making: Making;
  /** The call of another function that this one is part of: of one that runs a driver or a project, or asks a cache. */
  readonly outer: Call | undefined;
  /** What the function has begun may still go on. */
  isOver: boolean;
  hasFailed: boolean;
  /** Why something was refused that this call, or what it began, asked for. */
  refused?: SluiceError;
}

/** A run, or an entry of a cache, that a function has begun. */
interface Begun {
  readonly by: Call | undefined;
}

const current = new AsyncLocalStorage<Call | Begun>();

/**
 * Begins what makes results, for code of the user's. Functions that run each other leave some of what they began behind when they fail;
 * that would begin them again, which would fail again, for ever.
 * @param run handed what says that the function is given up which this is begun by, if it is by one
 * @throws SluiceError `cancelled` where nobody wants the results, see {@link whetherWanted}
 */
export function begin<T>(run: (givenUp?: AbortSignal) => T): T {
  if (!current.getStore()) return run();
  const by = goingOn(callNow());
  const unwanted = firstUnwanted(by);
  if (unwanted) {
    const { making } = unwanted;
    const why = `nothing more is begun for ${making.called}, which has failed or was given up`;
    refuse(failure("cancelled", why), making);
  }
  return current.run({ by }, run, by?.making.signal);
}

/**
 * Refuses what the code that runs now asks for. A function that makes do without it ends with this failure all the same: what it gives
 * would follow from who asked when, and not from what is in its key.
 * @param until the outermost making that takes part in this
 */
export function refuse(why: Failure, until: Making): never {
  const refused = new SluiceError(why);
  for (let at = goingOn(callNow()); at; at = at.making === until ? undefined : at.outer) at.refused = refused;
  throw refused;
}

/** Tells, now and later, whether what runs now is not part of what a function has begun that failed since or was given up. */
export function whetherWanted(): () => boolean {
  const from = callNow();
  return () => firstUnwanted(from) === undefined;
}

function firstUnwanted(from: Call | undefined): Call | undefined {
  let at = from;
  while (at && !at.hasFailed && !at.making.signal.aborted) at = at.outer;
  return at;
}

/**
 * Calls a function so that all it starts is known to be part of the making of a result.
 * @param whenOver called when the function has ended, before anyone else learns of it
 * @throws SluiceError what the function was refused (see {@link refuse}), and whatever it throws
 */
export function whileMaking<T>(making: Making, call: () => T, whenOver?: () => void): T {
  const own: Call = { making, outer: callNow(), isOver: false, hasFailed: false };
  const end = (hasFailed: boolean): void => {
    own.isOver = true;
    own.hasFailed = hasFailed;
    whenOver?.();
  };
  const ended = <V>(value: V): V => {
    end(own.refused !== undefined);
    if (own.refused) throw own.refused;
    return value;
  };
  let given: T;
  try {
    given = current.run(own, call);
  } catch (error) {
    end(true);
    throw error;
  }
  if (!(given instanceof Promise)) return ended(given);
  return given.then(ended, (error) => {
    end(true);
    throw error;
  }) as T;
}

/** The call that the code that runs now is part of. Of what was begun it is the one that began it, be it over by now. */
function callNow(): Call | undefined {
  const at = current.getStore();
  return at && "by" in at ? at.by : goingOn(at);
}

/** The innermost call that is not over. */
function goingOn(call: Call | undefined): Call | undefined {
  let at = call;
  while (at?.isOver) at = at.outer;
  return at;
}

/** Whether the code that runs now was called, or begun, by the function of a result. */
export function isPartOfMaking(): boolean {
  return current.getStore() !== undefined;
}

/** What the code that runs now is part of the making of, from the innermost out. */
export function makingNow(): readonly Making[] {
  const all: Making[] = [];
  for (let at = goingOn(callNow()); at; at = goingOn(at.outer)) all.push(at.making);
  return all;
}

/** Calls a function in the place of one that another thread has called: for results from the innermost out. */
export function whileMakingFor(results: readonly MadeResult[], signal: AbortSignal, call: () => unknown): unknown {
  const within = (inner: () => unknown, { called, keys, instead }: MadeResult): (() => unknown) => {
    return () => whileMaking({ called, keys, instead, signal }, inner);
  };
  return results.reduce(within, call)();
}
