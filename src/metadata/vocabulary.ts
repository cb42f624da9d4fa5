import type { NodeStatus, ReasonKind, RunStatus } from "../core/event.ts";
import type { CacheMode, NodeKind, RecordKind } from "../core/node.ts";
import { isOneOf } from "./shape.ts";

/* The words that a stored record may use. */

export const isNodeKind = isOneOf<NodeKind>({
  file: true,
  glob: true,
  dir: true,
  param: true,
  env: true,
  stage: true,
  command: true,
  map: true,
});

export const isRecordKind = isOneOf<RecordKind>({
  file: true,
  glob: true,
  dir: true,
  param: true,
  env: true,
  stage: true,
  command: true,
  map: true,
  entry: true,
});

export const isInputKind = isOneOf<NodeKind | "value">({
  file: true,
  glob: true,
  dir: true,
  param: true,
  env: true,
  stage: true,
  command: true,
  map: true,
  value: true,
});

export const isNodeStatus = isOneOf<NodeStatus>({
  hit: true,
  executed: true,
  failed: true,
  skipped: true,
  cancelled: true,
});

export const isRunStatus = isOneOf<RunStatus>({ ok: true, failed: true, cancelled: true });

export const isCacheMode = isOneOf<CacheMode>({ rw: true, ro: true, wo: true, off: true });

export const isReasonKind = isOneOf<ReasonKind>({
  "first-run": true,
  code: true,
  input: true,
  param: true,
  file: true,
  env: true,
  setting: true,
  behaviour: true,
  "missing-result": true,
  "corrupt-result": true,
  expired: true,
  evicted: true,
  external: true,
});
