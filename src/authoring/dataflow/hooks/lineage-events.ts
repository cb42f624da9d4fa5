import { digestParts } from "../../../core/canonical.ts";
import type { HookRun, HookRunEnd } from "./hook.ts";
import type { Datasets, LineageDataset } from "./lineage-datasets.ts";

/** Who tells of it, as a URI. */
const producer = "pkg:npm/sluice";
const spec = "https://openlineage.io/spec";

/** What runs are runs of. */
export interface LineageJob {
  readonly namespace: string;
  readonly name: string;
}

/** A RunEvent of OpenLineage 2-0-2. */
export interface LineageEvent {
  readonly eventType: "START" | "COMPLETE" | "FAIL" | "ABORT";
  readonly eventTime: string;
  readonly producer: string;
  readonly schemaURL: string;
  readonly run: { readonly runId: string; readonly facets: Readonly<Record<string, object>> };
  readonly job: LineageJob & { readonly facets: Readonly<Record<string, object>> };
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
}

/** A facet as the specification wants it. @param schema such as `1-0-0/ErrorMessageRunFacet` */
export function facet(schema: string, content: object): object {
  const [, name] = schema.split("/");
  return { _producer: producer, _schemaURL: `${spec}/facets/${schema}.json#/$defs/${name}`, ...content };
}

export function startEvent(run: HookRun, job: LineageJob, datasets: Datasets): LineageEvent {
  return event("START", run, job, datasets, {});
}

export function endEvent(run: HookRun, job: LineageJob, datasets: Datasets, end: HookRunEnd): LineageEvent {
  const type = end.status === "ok" ? "COMPLETE" : end.status === "cancelled" ? "ABORT" : "FAIL";
  // Something may stand in for what failed: then nothing is thrown.
  const failed = end.outcomes.values().find(({ status }) => status === "failed");
  const failure = end.failure ?? failed?.failure;
  const said = failure && { message: failure.message, programmingLanguage: "TypeScript" };
  return event(type, run, job, datasets, said ? { errorMessage: facet("1-0-0/ErrorMessageRunFacet", said) } : {});
}

function event(
  eventType: LineageEvent["eventType"],
  run: HookRun,
  job: LineageJob,
  datasets: Datasets,
  facets: Readonly<Record<string, object>>,
): LineageEvent {
  const type = { processingType: "BATCH", integration: "SLUICE", jobType: "JOB" };
  return {
    eventType,
    eventTime: new Date().toISOString(),
    producer,
    schemaURL: `${spec}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    run: { runId: lineageRunId(run.runId), facets: { sluice: runFacet(run), ...facets } },
    job: { ...job, facets: { jobType: facet("2-0-3/JobTypeJobFacet", type) } },
    inputs: datasets.inputs,
    outputs: datasets.outputs,
  };
}

/** What `sluice runs` knows the run by. */
function runFacet({ runId, targets }: HookRun): object {
  return { _producer: producer, _schemaURL: `${spec}/2-0-2/OpenLineage.json#/$defs/RunFacet`, runId, targets };
}

/** A UUID (version 8: of one's own making) that a run always has. */
export function lineageRunId(runId: string): string {
  const digits = digestParts("openlineage-run", [runId]);
  const variant = ((Number.parseInt(digits[16]!, 16) & 3) | 8).toString(16);
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`, variant + digits.slice(17, 20)];
  return [...parts, digits.slice(20, 32)].join("-");
}
