export { type ClassSpec, registerClass, registerFingerprint } from "../../core/canonical.ts";
export type { Failure, Place, Reason } from "../../core/failure.ts";
export { SluiceError } from "../../core/failure.ts";
export type { Behaviour } from "../../core/node.ts";
export type { RunRecord } from "../../metadata/metadata.ts";
export type { ExplainedCode, ExplainedInput, Explanation } from "../../run/explain/explanation.ts";
export type { NodeEvents, TaskRun } from "./caching/branch-tasks.ts";
export type { CacheOptions, NodeList } from "./caching/cache-options.ts";
export type { CachingActor, CachingEvent, CachingEventType, CachingLogger, LogLevel } from "./caching/caching-event.ts";
export { eventLine } from "./caching/caching-event.ts";
export type { DecodedKey, DriverCache, WhyOptions } from "./caching/driver-cache.ts";
export type { DriverRun } from "./caching/past-run.ts";
export type { MetadataView, ResultView } from "./caching/store-views.ts";
export { MemoryMetadataStore, MemoryResultStore } from "./caching/stores.ts";
export type { Builder } from "./driver/builder.ts";
export { Driver } from "./driver/driver.ts";
export type { ExecuteOptions, Materialized, MaterializeOptions } from "./driver/execute-options.ts";
export type { ExportedExecution } from "./driver/export.ts";
export { arrowTable, type ResultBuilder, type ResultKind, type ResultOf } from "./driver/result.ts";
export type { Config, Tags } from "./graph/flow-node.ts";
export type { ModuleLike } from "./graph/modules.ts";
export type { FlowResult, FlowValue, InputsOf, NodesOf } from "./graph/types.ts";
export type { Variable } from "./graph/variables.ts";
export { type DebugOnOptions, debugOn } from "./hooks/debug-on.ts";
export { type GracefulOptions, gracefulErrors } from "./hooks/graceful-errors.ts";
export type {
  Edge,
  GivenInput,
  GivesStandIns,
  Hook,
  HookGraph,
  HookNode,
  HookRun,
  HookRunEnd,
  LostTask,
  NodeEnd,
  NodeStart,
  TaskEnd,
  TaskStart,
  UsedOutside,
} from "./hooks/hook.ts";
export type { LineStream } from "./hooks/line-stream.ts";
export type { LineageDataset } from "./hooks/lineage-datasets.ts";
export type { LineageTransport } from "./hooks/lineage-sinks.ts";
export { type NodeDatasets, type OpenLineageOptions, openLineage } from "./hooks/open-lineage.ts";
export { type OpenTelemetryOptions, openTelemetry, type TracerLike } from "./hooks/open-telemetry.ts";
export { type PrintNodesOptions, printNodes } from "./hooks/print-nodes.ts";
export { type ProgressBarOptions, progressBar } from "./hooks/progress-bar.ts";
export { type DeclaredType, type DeclaredTypes, typeChecks } from "./hooks/type-checks.ts";
export type { Drawn, PictureOptions } from "./pictures/draw-flow.ts";
export type { ViewRunOptions } from "./pictures/view-run.ts";
export type { VisualizeExecutionOptions, VisualizeOptions } from "./pictures/visualize.ts";
export { type Materializer, type MaterializerOptions, to } from "./sinks/materializer.ts";
export { type Loaded, loaded, type Saved, saved } from "./sinks/saved.ts";
export type { SavedFile } from "./sinks/write-value.ts";
export type { WiringProblem, WiringReport } from "./wiring/problem.ts";
export { type CachedOptions, cached } from "./wrappers/cached.ts";
export { checkOutput, type OutputChecks } from "./wrappers/check-output.ts";
export { type CollectedNames, collect } from "./wrappers/collect.ts";
export type { Conditions, StandardSchema } from "./wrappers/conditions.ts";
export { dataLoader, dataSaver } from "./wrappers/data.ts";
export { extractFields, unpackFields } from "./wrappers/extract.ts";
export { type ColumnOf, extractColumns } from "./wrappers/extract-columns.ts";
export { inject, parameterize } from "./wrappers/inject.ts";
export { inputs } from "./wrappers/inputs.ts";
export { type LoadedAs, type Loader, type LoadFormat, type LoadOptions, loadFrom } from "./wrappers/load-from.ts";
export { each, type ParallelItem, parallel } from "./wrappers/parallel.ts";
export { pipeInput, pipeOutput, step } from "./wrappers/pipe.ts";
export { type SaveFormat, type SaveOptions, type Saver, saveTo } from "./wrappers/save-to.ts";
export { type ColumnSchema, type ColumnType, schema } from "./wrappers/schema.ts";
export { type SubdagOptions, subdag } from "./wrappers/subdag.ts";
export { described, tag } from "./wrappers/tag.ts";
export { when, whenIn, whenNot, whenNotIn } from "./wrappers/when.ts";
export { group, source, value } from "./wrappers/wires.ts";
