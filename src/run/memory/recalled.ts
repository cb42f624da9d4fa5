import { availableParallelism } from "node:os";
import type { EventSink, NodeOutcome } from "../../core/event.ts";
import type { Failure } from "../../core/failure.ts";
import { systemClock } from "../../platform/clock.ts";
import { Redactor } from "../../platform/secrets.ts";
import { Emitter } from "../emitter.ts";
import { keepWithin } from "../keeping/keep-within.ts";
import type { RunOptions, RunOutcome } from "../run.ts";
import { newRunId } from "../run-id.ts";
import { RunLog, runLogFile } from "../run-log.ts";
import type { Store } from "../workspace.ts";
import type { KnownEnd } from "./known-end.ts";
import type { MemoryOptions } from "./run-memory.ts";

/** How the nodes ended, as far as it was asked for: one by one, and as a text. */
interface RecalledDetails {
  readonly nodes?: ReadonlyMap<string, NodeOutcome>;
  readonly rendered?: string;
}

type RecalledOutcome = Omit<RunOutcome, "value" | "standIns" | "outside"> & Pick<RecalledDetails, "rendered">;

/** A run of which it is known how it ends. */
export class Recalled {
  readonly #store: Store;
  readonly #run: KnownEnd;
  readonly #options: Pick<MemoryOptions, "targets" | "cache">;
  readonly #details: RecalledDetails;
  readonly #startedAt = Date.now();
  readonly #started = systemClock.elapsed();

  constructor(
    store: Store,
    run: KnownEnd,
    options: Pick<MemoryOptions, "targets" | "cache">,
    details: RecalledDetails,
  ) {
    this.#store = store;
    this.#run = run;
    this.#options = options;
    this.#details = details;
  }

  /** Says what a run would have said, and records it. */
  async complete({ jobs, onEvent }: Pick<RunOptions, "jobs"> & { onEvent: EventSink }): Promise<RecalledOutcome> {
    const { metadata, files } = this.#store;
    const { outcomes, warnings, nodes: count, stages, savedMs } = this.#run;
    const { targets, cache } = this.#options;
    const runId = newRunId(this.#startedAt);
    const log = new RunLog(runLogFile(this.#store, runId), onEvent);
    // What was remembered has no secrets in it.
    const emitter = new Emitter([log.sink, onEvent], new Redactor());
    emitter.emit({
      type: "run-started",
      runId,
      targets,
      nodes: count,
      jobs: jobs ?? availableParallelism(),
      cache,
      remembered: true,
    });
    for (const warning of warnings) emitter.emit({ type: "warning", failure: warning });
    const start = { id: runId, startedAt: this.#startedAt, cache, targets, savedMs, counts: { hit: stages } };
    await metadata.finishRunAs({ ...start, finishedAt: Date.now(), status: "ok" }, outcomes);
    files.flush();
    const warn = (failure: Failure): void => emitter.emit({ type: "warning", failure });
    await keepWithin(this.#store, this.#startedAt - hour, warn);
    const { nodes = new Map<string, NodeOutcome>(), rendered } = this.#details;
    if (!this.#details.nodes) emitter.emit({ type: "all-reused", stages });
    for (const [node, outcome] of nodes) emitter.emit({ ...outcome, type: "node-finished", node });
    const durationMs = systemClock.elapsed() - this.#started;
    emitter.emit({ type: "run-finished", runId, status: "ok", durationMs, savedMs });
    log.flush();
    const told = rendered === undefined ? {} : { rendered };
    return { runId, status: "ok", durationMs, savedMs, nodes, ...told };
  }
}

/** Milliseconds: that results were used is noted to the hour. */
const hour = 3_600_000;
