import { gunzipSync, gzipSync } from "node:zlib";
import { decode, encode } from "../../../core/canonical.ts";
import type { NodeOutcome } from "../../../core/event.ts";
import { failureOf } from "../../../core/failure.ts";
import type { ResultRecord } from "../../../core/record.ts";
import { itemsOfResult } from "../../../run/map/listed-items.ts";
import type { Workspace } from "../../../run/workspace.ts";
import type { CachingEvent } from "./caching-event.ts";
import type { ReusedItem, TracedEvent } from "./run-trace.ts";

/** What became of one run of a node that runs once for each item. */
export interface TaskRun {
  readonly status: "hit" | "executed" | "failed";
  /** What its result is recorded under, if it is. */
  readonly cacheKey?: string;
  readonly dataVersion?: string;
  /** What it failed with. */
  readonly message?: string;
}

/** The events of a node; by task where it runs once for each item of a branch. */
export type NodeEvents = readonly CachingEvent[] | Readonly<Record<string, readonly CachingEvent[]>>;

/** What is told of a node as a whole, and not of one of its tasks, is under the empty name. */
export function eventsByTask(
  byNode: Readonly<Record<string, readonly CachingEvent[]>>,
): Readonly<Record<string, NodeEvents>> {
  const grouped = Object.entries(byNode).map(([node, events]): [string, NodeEvents] => {
    if (events.every(({ taskId }) => taskId === undefined)) return [node, events];
    return [node, Object.fromEntries(Map.groupBy(events, ({ taskId = "" }) => taskId))];
  });
  return Object.fromEntries(grouped);
}

/** The runs of nodes in branches, by node and by task in the order of the items, as events tell of them. */
export function tasksIn(events: readonly CachingEvent[]): Record<string, Record<string, TaskRun>> {
  const nodes: Record<string, Record<string, TaskRun>> = {};
  for (const { nodeName, taskId, eventType, message, value } of events) {
    if (taskId === undefined) continue;
    nodes[nodeName] ??= {};
    const tasks = nodes[nodeName];
    const task = tasks[taskId] ?? { status: "executed" };
    switch (eventType) {
      case "set_cache_key":
        tasks[taskId] = { ...task, ...(value === undefined ? {} : { cacheKey: value }) };
        break;
      case "get_result":
        tasks[taskId] = { ...task, status: "hit", ...(value === undefined ? {} : { dataVersion: value }) };
        break;
      case "set_data_version":
        tasks[taskId] = { ...task, status: "executed", ...(value === undefined ? {} : { dataVersion: value }) };
        break;
      case "failed_execution":
        tasks[taskId] = { ...task, status: "failed", ...(message === undefined ? {} : { message }) };
        break;
      default:
        tasks[taskId] = task;
    }
  }
  const byPlace = new Intl.Collator("en", { numeric: true }).compare;
  const inOrder = (tasks: Record<string, TaskRun>): Record<string, TaskRun> =>
    Object.fromEntries(Object.entries(tasks).toSorted(([a], [b]) => byPlace(a, b)));
  return Object.fromEntries(Object.entries(nodes).map(([node, tasks]) => [node, inOrder(tasks)]));
}

/**
 * The items of a result that is reused as a whole; none where it cannot be told any more, which makes the log of a run poorer and
 * nothing else.
 */
export async function itemsUnder(workspace: Workspace, key: string | undefined): Promise<readonly ReusedItem[]> {
  const record = key === undefined ? undefined : await workspace.metadata.getResult(key);
  return record ? itemsOf(workspace, record) : [];
}

async function itemsOf(workspace: Workspace, record: ResultRecord): Promise<readonly ReusedItem[]> {
  try {
    return await itemsOfResult(workspace, record);
  } catch (error) {
    if (!failureOf(error)) throw error;
    return [];
  }
}

/** What the items of a node did in an earlier run, by the records of now. */
export async function pastItems(
  workspace: Workspace,
  { runId, startedAt }: { readonly runId: string; readonly startedAt: number },
  node: string,
  { status, key }: NodeOutcome,
  record: ResultRecord | undefined,
): Promise<readonly TracedEvent[]> {
  if (!record || key === undefined || (status !== "hit" && status !== "executed")) return [];
  const items = await itemsOf(workspace, record);
  const records: { get(key: string): ResultRecord | undefined } =
    status === "hit"
      ? new Map<string, ResultRecord>()
      : await workspace.metadata.readKeys([...new Set(items.flatMap(({ key }) => key ?? []))]);
  const seen = new Set<string>();
  return items.flatMap((item): readonly TracedEvent[] => {
    const made = item.key === undefined || seen.has(item.key) ? undefined : records.get(item.key);
    if (item.key !== undefined) seen.add(item.key);
    const place = { node, path: item.path, ...(item.key === undefined ? {} : { key: item.key }) };
    const end = {
      ...place,
      type: "item-finished",
      ...(item.dataVersion ? { dataVersion: item.dataVersion } : {}),
    } as const;
    if (made?.runId !== runId) return [{ ...end, time: startedAt, status: "hit", durationMs: 0 }];
    const { createdAt, durationMs } = made;
    return [
      { ...place, type: "item-started", time: Math.max(startedAt, createdAt - durationMs) },
      { ...end, time: createdAt, status: "executed", durationMs },
    ];
  });
}

/*
 * Of items whose list came to nothing, or is not recorded, no record tells afterwards. What is told of them as they run is kept where
 * what can be derived is kept: without it, less is told.
 */

const kind = "dataflow-tasks";

/** The most events that are kept of one run. */
const mostKept = 20_000;

export function keepTasks({ metadata, cacheDir }: Workspace, runId: string, events: readonly TracedEvent[]): void {
  if (cacheDir === undefined || events.length === 0) return;
  const plain = events.slice(0, mostKept).map((event) => {
    if (event.type !== "item-finished" || !event.failure) return event;
    // What a user's code threw is no data.
    const { reason, message, retryable } = event.failure;
    return { ...event, failure: { reason, message, retryable } };
  });
  metadata.derived.put(kind, runId, gzipSync(encode(plain)));
}

/** By node. */
export function keptTasks({ metadata }: Workspace, runId: string): ReadonlyMap<string, readonly TracedEvent[]> {
  const bytes = metadata.derived.get(kind, runId);
  if (!bytes) return new Map();
  try {
    const events = decode(gunzipSync(bytes));
    return Array.isArray(events) ? Map.groupBy(events as TracedEvent[], ({ node }) => node) : new Map();
  } catch {
    // It may be damaged, or another version's.
    return new Map();
  }
}
