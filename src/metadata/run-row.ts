import { type Digest, digestOf, isDigest } from "../core/digest.ts";
import type { NodeOutcome } from "../core/event.ts";
import { fail } from "../core/failure.ts";
import { checkSum } from "./check-sum.ts";
import type { RunRecord } from "./metadata.ts";
import { packJson, unpackJson } from "./packed-json.ts";
import { hasFields, isArray, isCount, isMilliseconds, isObject, isText, parseJson } from "./shape.ts";
import { isCacheMode, isInputKind, isNodeKind, isNodeStatus, isReasonKind, isRunStatus } from "./vocabulary.ts";

/** A run as it is stored: what lists show, as JSON. How its nodes ended is apart, see {@link encodeOutcomes}. */
export interface RunRow {
  readonly body: string;
  /** CRC-32 of id and body. */
  readonly check: number;
}

export function encodeRun(run: RunRecord): RunRow {
  const body = JSON.stringify(run);
  return { body, check: checkSum(run.id + body) };
}

/** The run of a row; undefined when the row is not what `encodeRun` made. */
export function decodeRun(id: string, body: unknown, check: unknown): RunRecord | undefined {
  if (!isText(body) || check !== checkSum(id + body)) return undefined;
  const run = parseJson(body);
  return isRun(run) && run.id === id ? run : undefined;
}

function isRun(value: unknown): value is RunRecord {
  return hasFields(
    value,
    {
      id: isText,
      startedAt: isMilliseconds,
      cache: isCacheMode,
      targets: (targets) => isArray(targets) && targets.every(isText),
      savedMs: isMilliseconds,
      counts: (counts) => isObject(counts) && Object.values(counts).every(isCount),
    },
    { finishedAt: isMilliseconds, status: isRunStatus },
  );
}

/** How the nodes of a run ended. The error underneath a failure stays behind: it need not be data. */
export function encodeOutcomes(nodes: ReadonlyMap<string, NodeOutcome>): Uint8Array {
  const rows: unknown[] = [];
  for (const [name, outcome] of nodes) {
    const { failure, kind, key, dataVersion, savedMs, madeBy } = outcome;
    if (isPlainHit(outcome)) rows.push([name, kind, key ?? null, dataVersion ?? null, savedMs, madeBy ?? null]);
    else if (failure?.cause === undefined) rows.push([name, outcome]);
    else rows.push([name, { ...outcome, failure: { ...failure, cause: undefined } }]);
  }
  return packJson(rows);
}

/** Whether six columns say all of an outcome, as they do for every node of a run in which nothing changed. */
function isPlainHit({ status, durationMs, reasons, failure, shared, unrecorded, reads }: NodeOutcome): boolean {
  const more = failure !== undefined || shared !== undefined || unrecorded !== undefined || reads !== undefined;
  return status === "hit" && durationMs === 0 && reasons.length === 0 && !more;
}

/** What `encodeOutcomes` was given; undefined when it did not make these bytes. */
export function decodeOutcomes(bytes: unknown): ReadonlyMap<string, NodeOutcome> | undefined {
  const rows = unpackJson(bytes);
  if (!isArray(rows)) return undefined;
  const nodes = new Map<string, NodeOutcome>();
  for (const row of rows) {
    if (!isArray(row) || (row.length !== 2 && row.length !== 6)) return undefined;
    const name = row[0];
    const outcome = row.length === 2 ? row[1] : plainHit(row);
    if (!isText(name) || !isOutcome(outcome)) return undefined;
    nodes.set(name, outcome);
  }
  return nodes;
}

/**
 * {@link decodeOutcomes} for when it is asked for; undefined where these are not the bytes of that name.
 * @param name the digest of the bytes
 */
export function outcomesLater(name: string, bytes: Uint8Array): (() => ReadonlyMap<string, NodeOutcome>) | undefined {
  if (digestOf(bytes) !== name) return undefined;
  let known: ReadonlyMap<string, NodeOutcome> | undefined;
  return () => {
    known ??= decodeOutcomes(bytes);
    return known ?? fail("damaged-store", `how the nodes of a run ended cannot be read (${name})`);
  };
}

function plainHit([, kind, key, dataVersion, savedMs, madeBy]: readonly unknown[]): unknown {
  return {
    status: "hit",
    kind,
    ...(key === null ? {} : { key }),
    ...(dataVersion === null ? {} : { dataVersion }),
    durationMs: 0,
    savedMs,
    reasons: [],
    ...(madeBy === null ? {} : { madeBy }),
  };
}

/** The keys of the results that a run reused. */
export function reusedKeys(nodes: ReadonlyMap<string, NodeOutcome>): Digest[] {
  const keys: Digest[] = [];
  for (const { status, key } of nodes.values()) if (status === "hit" && key !== undefined) keys.push(key);
  return keys;
}

function isOutcome(value: unknown): value is NodeOutcome {
  return hasFields(
    value,
    {
      status: isNodeStatus,
      kind: isNodeKind,
      durationMs: isMilliseconds,
      savedMs: isMilliseconds,
      reasons: (reasons) => isArray(reasons) && reasons.every(isReason),
    },
    {
      key: isDigest,
      dataVersion: isDigest,
      failure: isFailure,
      stoppedBy: isText,
      madeBy: isText,
      shared: isBoolean,
      unrecorded: isText,
      comparedWith: isDigest,
      wanted: isWanted,
      reads: (reads) => isArray(reads) && reads.every((read) => hasFields(read, { name: isText }, { node: isText })),
      items: isItems,
    },
  );
}

function isItems(value: unknown): boolean {
  return hasFields(value, {
    total: isCount,
    made: isCount,
    reused: isCount,
    failed: isCount,
    failures: (failures) => isArray(failures) && failures.every(isItemFailure),
  });
}

function isItemFailure(value: unknown): boolean {
  return hasFields(value, { item: isText, index: isCount, message: isText });
}

function isWanted(value: unknown): boolean {
  return hasFields(value, {
    codeVersion: isDigest,
    inputs: (inputs) => isArray(inputs) && inputs.every(isInput),
    settings: isObject,
  });
}

function isInput(value: unknown): boolean {
  return hasFields(value, { name: isText, kind: isInputKind, version: isDigest }, { node: isText, preview: isText });
}

const place = { file: isText, line: isCount, column: isCount };

function isReason(value: unknown): boolean {
  return hasFields(
    value,
    { kind: isReasonKind },
    {
      ...place,
      name: isText,
      before: isText,
      after: isText,
      detail: isText,
      members: (members) => isArray(members) && members.every(isText),
    },
  );
}

function isFailure(value: unknown): boolean {
  const isPlace = (where: unknown) => hasFields(where, { file: isText }, place);
  return hasFields(
    value,
    { reason: isText, message: isText, retryable: isBoolean },
    { node: isText, where: isPlace, hint: isText },
  );
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}
