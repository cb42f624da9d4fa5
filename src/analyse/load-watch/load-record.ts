import type { Digest } from "../../core/digest.ts";
import type { Place } from "../../core/failure.ts";
import { locateIn } from "../load/module-path.ts";
import { type FactName, factDigest, kindAt, type PathKind, processDigest, variableDigest } from "./load-facts.ts";

/** Raised when a record means something else than it did; a record of another scheme does not hold. */
export const loadScheme = 1;

/**
 * What the evaluation of modules was seen to depend on. JSON-able. Paths are relative to the root, `/` between parts. Only
 * digests of values are in it: it can be kept where secrets must not be.
 */
export interface LoadRecord {
  readonly scheme: number;
  /** Of what every load depends on: Node and its options, the folder of the project, the time zone. */
  readonly process: Digest;
  /** Variables of the environment; null for those that were not set. */
  readonly env: readonly (readonly [name: string, value: Digest | null])[];
  /** Paths of which counts what is there, or that nothing is. */
  readonly kinds: readonly (readonly [file: string, kind: PathKind])[];
  /** What else was asked. */
  readonly facts: readonly (readonly [fact: FactName, of: string, value: Digest])[];
  /** Every file that was read or loaded. */
  readonly files: readonly (readonly [file: string, content: Digest])[];
}

/** Why a load cannot be remembered. */
export interface Unrepeatable {
  /** What the code does, as the end of a sentence about it: `reads the clock`. */
  readonly what: string;
  readonly where?: Place;
}

/** What a load gave, and either what it depended on or why that cannot be told. */
export type Watched<T> =
  | { readonly value: T; readonly record: LoadRecord }
  | { readonly value: T; readonly unrepeatable: Unrepeatable };

export interface LoadOptions {
  /** Absolute path that paths of a record are relative to. */
  readonly root: string;
  /** The digest of the content of the file at an absolute path; undefined where there is no file. */
  readonly digestOfFile: (file: string) => Digest | undefined;
  /**
   * Told what was noted, also of a load that failed or cannot be remembered: enough to know what to look at again. Then notes
   * are taken to the end.
   */
  readonly onNotes?: (record: LoadRecord) => void;
}

/** Whether a load now would see what it saw then. Cheap: it asks the file system of each file once, and reads none. */
export function loadHolds(record: LoadRecord, options: LoadOptions): boolean {
  return changeSince(record, options) === undefined;
}

/** The first thing that is not what it was when the record was made, for a person; undefined if the record holds. */
export function changeSince(record: LoadRecord, { root, digestOfFile }: LoadOptions): string | undefined {
  if (record.scheme !== loadScheme) return "what is remembered of a load";
  if (record.process !== processDigest(root)) return "Node, its options, or where the project lies";
  const locate = locateIn(root);
  for (const [name, value] of record.env) if (variableDigest(name) !== value) return `the variable ${name}`;
  for (const [name, kind] of record.kinds) {
    if (kindAt(locate(name)) !== kind) return name;
  }
  for (const [fact, of, value] of record.facts) {
    if (attempt(() => factDigest(fact, of, locate)) !== value) return `${fact} ${of}`.trim();
  }
  for (const [name, content] of record.files) {
    if (attempt(() => digestOfFile(locate(name))) !== content) return name;
  }
  return undefined;
}

/** What cannot be asked any more is not what it was. The load that follows says what is wrong with it. */
function attempt(ask: () => Digest | undefined): Digest | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
