import { decode, encode } from "../../../core/canonical.ts";
import type { NodeOutcome } from "../../../core/event.ts";
import { fail, failure, failureOf } from "../../../core/failure.ts";
import type { GraphNode } from "../../../core/graph.ts";
import type { ItemResult, LostItem, RunHooks, RunItem, RunView, StandIn } from "../../../run/run-hooks.ts";
import type { RunOutcome } from "../../../run/run-outcome.ts";
import type { RunGraph } from "../driver/run-graph.ts";
import type { Dataflow } from "../graph/dataflow.ts";
import type { Hook, HookNode, HookRun, HookRunEnd, NodeEnd, NodeStart, TaskEnd, TaskStart } from "./hook.ts";
import { hookNodes } from "./hook-nodes.ts";
import type { Calling, HookSet, Named } from "./hook-set.ts";
import { within } from "./layers.ts";
import { failureOfRun } from "./run-failure.ts";

/** One run of a driver as its hooks are told of it. */
export class HookedRun {
  readonly #set: HookSet;
  readonly #graph: RunGraph;
  readonly #targets: readonly string[];
  readonly #nodes: ReadonlyMap<string, HookNode>;
  readonly #standIns = new Map<GraphNode, StandIn>();
  #view: RunView | undefined;
  #run: HookRun | undefined;
  #startedAt = 0;
  /** Those that were told that it begins, or need not be. */
  readonly #begun = new Set<Hook>();

  constructor(set: HookSet, dataflow: Dataflow, graph: RunGraph, targets: readonly string[]) {
    this.#set = set;
    this.#graph = graph;
    this.#targets = targets;
    this.#nodes = hookNodes(dataflow, graph.graph);
  }

  /** What the engine calls: nothing that no hook wants. */
  get hooks(): RunHooks {
    const set = this.#set;
    return {
      begin: (view) => this.#begin(view),
      ...(set.has("beforeNode", "aroundNode") ? { around: (node, work) => this.#around(node, work) } : {}),
      ...(set.has("beforeTask", "aroundTask", "afterTask")
        ? { aroundItem: (item, work) => this.#aroundItem(item, work) }
        : {}),
      ...(set.has("afterNode") ? { ended: (node, outcome) => this.#ended(node, outcome) } : {}),
      ...(set.has("standIn") ? { standIn: (node, outcome) => this.#standIn(node, outcome) } : {}),
      ...(set.has("standInTask") ? { standInItem: (item) => this.#standInItem(item) } : {}),
      ...(set.has("takesStandIns") ? { takesStandIns: (node) => this.#takesStandIns(node) } : {}),
    };
  }

  /** Waits for the run, and tells of its end. @throws HookError, where nothing else is thrown */
  async complete(running: Promise<RunOutcome>): Promise<RunOutcome> {
    let outcome: RunOutcome;
    try {
      outcome = await running;
    } catch (error) {
      const found = failureOf(error) ?? failure("hook-failed", String(error), { cause: error });
      const broken = { status: "failed", savedMs: 0, outcomes: new Map(), failure: found } as const;
      await this.#end({ ...broken, durationMs: performance.now() - this.#startedAt });
      throw error;
    }
    const { status, durationMs, savedMs, nodes } = outcome;
    const failed = failureOfRun(this.#graph, outcome);
    await this.#end({ status, durationMs, savedMs, outcomes: nodes, ...(failed ? { failure: failed } : {}) });
    return outcome;
  }

  async #begin(view: RunView): Promise<void> {
    const { graph, inputs, overrides } = this.#graph;
    const given = (names: readonly string[]): Readonly<Record<string, unknown>> =>
      Object.freeze(Object.fromEntries(names.map((name) => [name, givenTo(graph.get(name)!)])));
    this.#view = view;
    this.#startedAt = performance.now();
    this.#run = Object.freeze({
      runId: view.runId,
      targets: Object.freeze([...this.#targets]),
      inputs: given(inputs),
      overrides: given(overrides),
      nodes: Object.freeze([...this.#nodes.values()]),
    });
    const calling = { when: "before", what: "the run" } as const;
    for (const named of this.#set.all) {
      if (hasBeforeRun(named)) await this.#set.each([named], calling, (hook) => hook.beforeRun(this.#run!));
      this.#begun.add(named.hook);
    }
  }

  async #end(end: Omit<HookRunEnd, "run">): Promise<void> {
    const hooks = this.#set.with("afterRun").filter(({ hook }) => this.#begun.has(hook));
    const calling = { when: "after", what: "the run" } as const;
    let first: { readonly error: unknown } | undefined;
    for (const named of hooks) {
      try {
        await this.#set.each([named], calling, (hook) => hook.afterRun({ run: this.#run!, ...end }));
      } catch (error) {
        const found = failureOf(error);
        // What the run failed with counts more; what else went wrong is not kept back.
        if (!first && !end.failure) first = { error };
        else if (found) this.#set.warn(found);
        else throw error;
      }
    }
    if (first) throw first.error;
  }

  async #around<T>(node: GraphNode, work: () => Promise<T>): Promise<T> {
    const set = this.#set;
    const start = this.#start(node);
    const named = { what: `"${node.name}"`, node: node.name };
    await set.each(set.with("beforeNode"), { when: "before", ...named }, (hook) => hook.beforeNode(start));
    const around = set.with("aroundNode");
    const calling: Calling = { when: "around", ...named };
    return within(set, around, calling, (hook, inner) => hook.aroundNode(start, inner), work);
  }

  async #aroundItem(item: RunItem, work: () => Promise<ItemResult | undefined>): Promise<void> {
    const set = this.#set;
    const { node, name, path: at, key } = item;
    const start: TaskStart = { ...this.#of(node), item: { name, path: at }, key, value: () => item.value() };
    const named = { what: `"${node.name}[${name}]"`, node: node.name };
    await set.each(set.with("beforeTask"), { when: "before", ...named }, (hook) => hook.beforeTask(start));
    const around = set.with("aroundTask");
    const calling: Calling = { when: "around", ...named };
    const startedAt = performance.now();
    let failed: { readonly error: unknown } | undefined;
    let result: ItemResult | undefined;
    try {
      result = await within(set, around, calling, (hook, inner) => hook.aroundTask(start, inner), work);
    } catch (error) {
      failed = { error };
    }
    const found = failed && failureOf(failed.error);
    if (!failed || found) {
      const end: TaskEnd = {
        ...start,
        status: failed ? "failed" : "executed",
        durationMs: performance.now() - startedAt,
        ...(found ? { failure: this.#view!.clean(found) } : {}),
        result: async () => (failed ? noValue(`${node.name}[${name}]`, "failed", node.name) : result?.value()),
      };
      await set.each(set.with("afterTask"), { when: "after", ...named }, (hook) => hook.afterTask(end));
    }
    if (failed) throw failed.error;
  }

  #ended(node: GraphNode, outcome: NodeOutcome): void | Promise<void> {
    const set = this.#set;
    const calling = { when: "after", what: `"${node.name}"`, node: node.name } as const;
    const end = this.#endOf(node, outcome);
    return set.each(set.with("afterNode"), calling, (hook) => hook.afterNode(end));
  }

  #standIn(node: GraphNode, outcome: NodeOutcome): StandIn | undefined {
    const calling = { when: "for", what: `"${node.name}"`, node: node.name } as const;
    for (const named of this.#set.with("standIn")) {
      try {
        const standIn = named.hook.standIn(this.#endOf(node, outcome));
        if (!standIn) continue;
        this.#standIns.set(node, standIn);
        return standIn;
      } catch (error) {
        this.#set.failed(named, calling, error);
      }
    }
    return undefined;
  }

  #standInItem({ node, name, path: at, key, status, failure: lost }: LostItem): StandIn | undefined {
    const calling = { when: "for", what: `"${node.name}[${name}]"`, node: node.name } as const;
    const task = { ...this.#of(node), item: { name, path: at }, key, status, failure: this.#view!.clean(lost) };
    for (const named of this.#set.with("standInTask")) {
      try {
        const standIn = named.hook.standInTask(task);
        if (standIn) return standIn;
      } catch (error) {
        this.#set.failed(named, calling, error);
      }
    }
    return undefined;
  }

  #takesStandIns(node: GraphNode): boolean {
    const calling = { when: "for", what: `"${node.name}"`, node: node.name } as const;
    return this.#set.with("takesStandIns").some((named) => {
      try {
        return named.hook.takesStandIns(this.#nodes.get(node.name)!);
      } catch (error) {
        this.#set.failed(named, calling, error);
        return false;
      }
    });
  }

  #of(node: GraphNode): Pick<NodeStart, "run" | "node"> {
    return { run: this.#run!, node: this.#nodes.get(node.name)! };
  }

  #start(node: GraphNode): NodeStart {
    const view = this.#view!;
    return {
      ...this.#of(node),
      inputs: async () => {
        const entries = node.inputs.map(async (input) => {
          const value = input.node ? await this.#valueOf(view, input.node) : copyOf(input.value);
          return [input.name, value] as const;
        });
        return Object.fromEntries(await Promise.all(entries));
      },
    };
  }

  #endOf(node: GraphNode, outcome: NodeOutcome): NodeEnd {
    const { status, durationMs, savedMs, key, dataVersion, failure, stoppedBy, reasons, items } = outcome;
    const view = this.#view!;
    return {
      ...this.#start(node),
      status,
      durationMs,
      savedMs,
      reasons,
      ...(key === undefined ? {} : { key }),
      ...(dataVersion === undefined ? {} : { dataVersion }),
      ...(failure === undefined ? {} : { failure }),
      ...(stoppedBy === undefined ? {} : { stoppedBy }),
      ...(items === undefined ? {} : { items }),
      get outside() {
        return view.outside(node).map(({ path, use, table, version }) => ({
          path,
          use,
          ...(table === undefined ? {} : { table }),
          ...(version === null ? {} : { version }),
        }));
      },
      value: async () =>
        status === "hit" || status === "executed" || this.#standIns.has(node) || view.isStoodInFor(node)
          ? this.#valueOf(view, node)
          : noValue(node.name, status, node.name),
    };
  }

  async #valueOf(view: RunView, node: GraphNode): Promise<unknown> {
    const standIn = this.#standIns.get(node);
    return standIn ? standIn.value : view.value(node);
  }
}

function hasBeforeRun(named: Named<never>): named is Named<"beforeRun"> {
  return named.hook.beforeRun !== undefined;
}

function noValue(what: string, status: string, node: string): never {
  return fail("upstream-failed", `"${what}" gave nothing: it ${status === "failed" ? "failed" : `was ${status}`}`, {
    node,
  });
}

function givenTo({ definition }: GraphNode): unknown {
  return definition.kind === "param" ? definition.fallback?.value : undefined;
}

/** What has no encoding goes to functions as it is as well. */
function copyOf(value: unknown): unknown {
  try {
    return decode(encode(value));
  } catch (error) {
    if (failureOf(error)) return value;
    throw error;
  }
}
