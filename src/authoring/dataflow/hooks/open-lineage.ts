import { fail } from "../../../core/failure.ts";
import { aString, type OptionRules } from "../../declaration.ts";
import { warnProcess } from "../../open.ts";
import { checkNames } from "../../project.ts";
import type { Hook, HookRun, HookRunEnd, NodeEnd } from "./hook.ts";
import { Datasets, type LineageDataset } from "./lineage-datasets.ts";
import { endEvent, type LineageEvent, type LineageJob, startEvent } from "./lineage-events.ts";
import { type LineageSink, type LineageTransport, sinkFor } from "./lineage-sinks.ts";

/** Where lineage goes, and what it is called there. */
export interface OpenLineageOptions extends LineageTransport {
  /** The namespace of the job, and of datasets that have no place of their own. */
  readonly namespace: string;
  /** What the runs of this driver are runs of. */
  readonly job: string;
  /** What a node reads and writes, beside what Sluice knows: its files, and what its loaders and savers name. */
  readonly datasets?: (node: NodeEnd) => NodeDatasets | undefined;
}

/** What a node reads and writes outside of the dataflow. */
export interface NodeDatasets {
  readonly inputs?: readonly LineageDataset[];
  readonly outputs?: readonly LineageDataset[];
}

const rules: OptionRules = {
  namespace: aString,
  job: aString,
  url: aString,
  file: aString,
  endpoint: aString,
  apiKey: aString,
  timeout: (value) => (typeof value === "number" && value > 0 ? undefined : "a number of milliseconds"),
  datasets: (value) => (typeof value === "function" ? undefined : "a function"),
};

/**
 * Tells a lineage service, or a file, of runs: RunEvents of OpenLineage 2-0-2, START and then COMPLETE, FAIL or ABORT, with the
 * datasets that were read and written: files of the pipeline, what functions name by `context.read` and `context.wrote`, loaders and
 * savers by their names where nothing else is known, and what `datasets` says. Of files of Parquet and Arrow, of CSV that Sluice reads
 * or writes, and of tables that loaders give, the columns are told as well.
 *
 * What cannot be delivered is warned of, and the run goes on.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { Driver, openLineage } from "sluice/dataflow";
 *
 * const features = { double: ({ x }: { x: number }) => x * 2 };
 * const lineage = openLineage({ file: "lineage.jsonl", namespace: "shop", job: "features" });
 * Driver.builder().withModules(features).withHooks(lineage).build();
 * ```
 */
export function openLineage(options: OpenLineageOptions): Hook {
  checkNames(options, Object.keys(rules));
  for (const [name, value] of Object.entries(options)) {
    const wanted = value === undefined ? undefined : rules[name]!(value);
    if (wanted !== undefined) fail("usage", `option "${name}" of openLineage() must be ${wanted}`);
  }
  const { namespace, job: name, datasets: more } = options;
  if (!namespace || !name) fail("usage", "openLineage() needs a `namespace` and a `job`");
  const sink = sinkFor(options, warnProcess);
  const job: LineageJob = { namespace, name };
  const runs = new WeakMap<HookRun, OneRun>();
  return {
    name: "openLineage",
    beforeRun: (run) => {
      runs.set(run, new OneRun(run, job, sink));
    },
    afterNode: (end) => runs.get(end.run)!.note(end, more?.(end)),
    afterRun: (end) => runs.get(end.run)!.finish(end),
  };
}

/** What is told of one run. Deliveries are in order, and the run waits for them at its end only. */
class OneRun {
  readonly #run: HookRun;
  readonly #job: LineageJob;
  readonly #sink: LineageSink;
  readonly #datasets: Datasets;
  #delivered: Promise<void>;

  constructor(run: HookRun, job: LineageJob, sink: LineageSink) {
    this.#run = run;
    this.#job = job;
    this.#sink = sink;
    this.#datasets = new Datasets(job.namespace, run.nodes);
    this.#delivered = this.#send(startEvent(run, job, this.#datasets));
  }

  async note(end: NodeEnd, more: NodeDatasets | undefined): Promise<void> {
    await this.#datasets.note(end);
    for (const dataset of more?.inputs ?? []) this.#datasets.input(dataset);
    for (const dataset of more?.outputs ?? []) this.#datasets.output(dataset);
  }

  async finish(end: HookRunEnd): Promise<void> {
    await this.#datasets.settle(end);
    const event = endEvent(this.#run, this.#job, this.#datasets, end);
    await this.#delivered;
    await this.#send(event);
  }

  #send(event: LineageEvent): Promise<void> {
    return this.#sink(event);
  }
}
