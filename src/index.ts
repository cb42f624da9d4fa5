export { command } from "./authoring/command.ts";
export type { CommandOptions, CommandValue, StdoutMode } from "./authoring/command-types.ts";
export type { NodeOptions } from "./authoring/declaration.ts";
export { type DirOptions, dir } from "./authoring/dir.ts";
export { type EnvOptions, env } from "./authoring/env.ts";
export { file } from "./authoring/file.ts";
export { type GlobOptions, glob } from "./authoring/glob.ts";
export { type MapContext, map } from "./authoring/map.ts";
export type { ItemOf, Items, ListFormat, MapOptions } from "./authoring/map-types.ts";
export { type OpenOptions, open } from "./authoring/open.ts";
export { type ParamOptions, param } from "./authoring/param.ts";
export type { PlanSettings, Project, RunOptions, RunResult } from "./authoring/project.ts";
export { stage } from "./authoring/stage.ts";
export type {
  Checks,
  ExecutorOption,
  FormatName,
  InputValues,
  NamedCheck,
  RetryOptions,
  Rows,
  Stage,
  StageOptions,
  Streamed,
  StreamedBytes,
  ValueOf,
} from "./authoring/stage-types.ts";
export type { Targets, TargetValues } from "./authoring/targets.ts";
export { type ClassSpec, registerClass, registerFingerprint } from "./core/canonical.ts";
export type { Duration } from "./core/duration.ts";
export type {
  ItemFailure,
  ItemsOutcome,
  NodeFinished,
  NodeOutcome,
  NodeStatus,
  ReasonKind,
  RunEvent,
  RunReason,
  RunStatus,
} from "./core/event.ts";
export { type Failure, type Place, type Reason, SluiceError } from "./core/failure.ts";
export type { JsonValue } from "./core/json.ts";
export type {
  Behaviour,
  CacheMode,
  CheckVerdict,
  Node,
  NodeKind,
  ParamType,
  StageContext,
  StageLog,
} from "./core/node.ts";
export type { Size } from "./core/size.ts";
export type { RunRecord } from "./metadata/metadata.ts";
export type { DirHandle } from "./platform/dir-handle.ts";
export type { FileHandle } from "./platform/file-handle.ts";
export type { RowsHandle } from "./platform/rows-handle.ts";
export type { Plan, PlannedNode, PlannedStatus } from "./run/plan.ts";
export type { Format } from "./store/format.ts";
export { registerFormat } from "./store/formats.ts";
