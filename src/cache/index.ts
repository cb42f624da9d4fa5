export { type ClassSpec, registerClass, registerFingerprint } from "../core/canonical.ts";
export type { Duration } from "../core/duration.ts";
export { type Failure, type Place, type Reason, SluiceError } from "../core/failure.ts";
export type { JsonValue } from "../core/json.ts";
export type { RecordedInput } from "../core/record.ts";
export type { Size } from "../core/size.ts";
export type { Exported } from "../run/archive/export.ts";
export type { Imported } from "../run/archive/import.ts";
export type { Garbage } from "../run/keeping/collect-garbage.ts";
export type { Pruned } from "../run/keeping/prune.ts";
export type { Statistics } from "../run/keeping/statistics.ts";
export type { Format } from "../store/format.ts";
export { registerFormat } from "../store/formats.ts";
export type {
  Cache,
  CacheEntry,
  ExportOptions,
  GetOptions,
  ImportOptions,
  MemoOptions,
  PruneOptions,
  ReadOptions,
} from "./cache.ts";
export type { CacheEviction, CacheHit, CacheHooks, CacheMiss, CachePut, CacheTrouble } from "./hooks.ts";
export type { CacheKey, KeyBuilder, KeyDirOptions, KeyFileOptions, KeyGlobOptions } from "./key.ts";
export { type CacheOptions, openCache } from "./open-cache.ts";
export type { Bytes, CommitOptions, Pieces, PutDirOptions, PutValueOptions, Writer } from "./pieces.ts";
export type { Result, ResultPiece } from "./result.ts";
export type { Obtained, ProduceContext, WrapOptions } from "./wrap.ts";
