import type { Digest } from "../../core/digest.ts";
import type { NodeOutcome, NodeStatus } from "../../core/event.ts";
import { fail } from "../../core/failure.ts";
import { nearest } from "../../core/graph.ts";
import { isWork, type NodeKind } from "../../core/node.ts";
import type { ResultRecord } from "../../core/record.ts";
import type { RunRecord } from "../../metadata/metadata.ts";
import { knowingClasses, loadRecord, type PastValue, pastResult } from "../explain/past-value.ts";
import { settingReasons } from "../explain/reasons.ts";
import type { Workspace } from "../workspace.ts";
import { type Difference, type DifferenceOptions, differenceOf } from "./difference.ts";

/** How two runs differ. */
export interface RunDifference {
  readonly before: RunRecord;
  readonly after: RunRecord;
  /** The nodes that differ, in the order of the run after; those that it does not have come last. */
  readonly nodes: readonly NodeDifference[];
  /** How many nodes the two runs have together. */
  readonly total: number;
}

/** What of a node differs. `status`: whether it was made at all. */
export type Aspect = "value" | "code" | "inputs" | "settings" | "status";

export interface NodeDifference {
  readonly node: string;
  readonly kind: NodeKind;
  /** `added` and `removed`: only one of the runs has it. */
  readonly change: "same" | "changed" | "added" | "removed";
  readonly differs: readonly Aspect[];
  /** The inputs that differ, with short texts where they are small and no secret. */
  readonly inputs: readonly InputDifference[];
  readonly before?: NodeSide;
  readonly after?: NodeSide;
}

export interface InputDifference {
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}

/** A node as it was in one of the runs. */
export interface NodeSide {
  readonly status: NodeStatus;
  readonly key?: Digest;
  readonly dataVersion?: Digest;
  /** Known while the result is in the cache. */
  readonly codeVersion?: Digest;
  /** A short text of the value of a source, where it is small and no secret. */
  readonly preview?: string;
}

/** Which nodes differ between two runs. No value is loaded. */
export async function compareRuns(workspace: Workspace, before: RunRecord, after: RunRecord): Promise<RunDifference> {
  const { names, compare } = await comparison(workspace, before, after);
  const nodes: NodeDifference[] = [];
  for (const name of names) {
    const compared = await compare(name);
    if (compared.change !== "same") nodes.push(compared);
  }
  return { before, after, nodes: withPreviews(nodes), total: names.length };
}

/** One node of two runs, and how its values differ. */
export interface NodeValueDifference {
  readonly before: RunRecord;
  readonly after: RunRecord;
  readonly node: NodeDifference;
  /** Absent where a value cannot be had, which `missing` explains. */
  readonly difference?: Difference;
  readonly missing?: { readonly before?: string; readonly after?: string };
}

export interface NodeValueOptions extends DifferenceOptions {
  /** Makes classes known that values may be instances of; called when there is such a value. */
  readonly registerClasses?: () => Promise<void>;
}

/**
 * How one node differs between two runs, with its values.
 * @throws SluiceError `unknown-node`; `usage` for a key that the values do not have
 */
export async function compareNode(
  workspace: Workspace,
  before: RunRecord,
  after: RunRecord,
  name: string,
  options: NodeValueOptions = {},
): Promise<NodeValueDifference> {
  const { names, compare } = await comparison(workspace, before, after);
  if (!names.includes(name)) {
    const near = nearest(name, names);
    const hint = near === undefined ? "sluice diff without a node lists those that differ" : `did you mean ${near}?`;
    fail("unknown-node", `"${name}" was not part of run ${before.id} or run ${after.id}`, { node: name, hint });
  }
  // Where the values of a source are told by what read it, all nodes are needed.
  const all = await compareRuns(workspace, before, after);
  const node = all.nodes.find((one) => one.node === name) ?? (await compare(name));
  const values = await bothValues(workspace, node, options.registerClasses);
  if ("missing" in values) return { before, after, node, missing: values.missing };
  const { registerClasses: _, ...how } = options;
  return { before, after, node, difference: await differenceOf(values.before, values.after, how) };
}

interface Comparison {
  /** All nodes of both runs. */
  readonly names: readonly string[];
  compare(name: string): Promise<NodeDifference>;
}

async function comparison({ metadata }: Workspace, before: RunRecord, after: RunRecord): Promise<Comparison> {
  const [was, is] = [await metadata.runNodes(before.id), await metadata.runNodes(after.id)];
  for (const [run, nodes] of [
    [before, was],
    [after, is],
  ] as const) {
    if (nodes.size === 0 && run.finishedAt === undefined) {
      const hint = "what it made is in the cache, but not how its nodes ended";
      fail("unknown-run", `run ${run.id} did not finish, so it has nothing to compare`, { hint });
    }
  }
  const recordOf = async (outcome: NodeOutcome | undefined): Promise<ResultRecord | undefined> =>
    outcome?.key === undefined ? undefined : metadata.getResult(outcome.key);
  return {
    names: [...new Set([...is.keys(), ...was.keys()])],
    compare: async (name) => {
      const [a, b] = [was.get(name), is.get(name)];
      const same = a && b && a.key === b.key && a.dataVersion === b.dataVersion && ending(a) === ending(b);
      if (same) {
        const { kind } = b;
        return { node: name, kind, change: "same", differs: [], inputs: [], before: side(a), after: side(b) };
      }
      return compareOutcomes(name, a, b, await recordOf(a), await recordOf(b));
    },
  };
}

function compareOutcomes(
  node: string,
  before: NodeOutcome | undefined,
  after: NodeOutcome | undefined,
  was: ResultRecord | undefined,
  is: ResultRecord | undefined,
): NodeDifference {
  const sides = {
    ...(before ? { before: side(before, was) } : {}),
    ...(after ? { after: side(after, is) } : {}),
  };
  const { kind } = (after ?? before)!;
  if (!before || !after) {
    return { node, kind, change: before ? "removed" : "added", differs: [], inputs: [], ...sides };
  }
  const inputs = was && is ? inputDifferences(was, is) : [];
  const differs: Aspect[] = [];
  if (ending(before) !== ending(after)) differs.push("status");
  else if (before.dataVersion !== after.dataVersion) differs.push("value");
  if (was && is && was.codeVersion !== is.codeVersion) differs.push("code");
  if (inputs.length > 0) differs.push("inputs");
  if (was && is && settingReasons(is.settings, was.settings).length > 0) differs.push("settings");
  return { node, kind, change: "changed", differs, inputs, ...sides };
}

/** Reused or made: the node has its value. */
function ending({ status }: NodeOutcome): string {
  return status === "hit" || status === "executed" ? "made" : status;
}

function side({ status, key, dataVersion }: NodeOutcome, record?: ResultRecord): NodeSide {
  return {
    status,
    ...(key === undefined ? {} : { key }),
    ...(dataVersion === undefined ? {} : { dataVersion }),
    ...(record === undefined ? {} : { codeVersion: record.codeVersion }),
  };
}

/** Inputs go by the nodes that gave them, as a person knows them. */
function inputDifferences(before: ResultRecord, after: ResultRecord): readonly InputDifference[] {
  const old = new Map(before.inputs.map((input) => [input.name, input]));
  const differences: InputDifference[] = [];
  for (const input of after.inputs) {
    const was = old.get(input.name);
    old.delete(input.name);
    if (was?.version === input.version) continue;
    differences.push({
      name: input.node ?? input.name,
      ...(was === undefined ? {} : { before: was.preview ?? was.version }),
      after: input.preview ?? input.version,
    });
  }
  for (const was of old.values()) {
    differences.push({ name: was.node ?? was.name, before: was.preview ?? was.version });
  }
  return differences;
}

/** Sources keep no values, but what read them remembers how the small ones looked. */
function withPreviews(nodes: readonly NodeDifference[]): readonly NodeDifference[] {
  const told = new Map(nodes.flatMap(({ inputs }) => inputs.map((input) => [input.name, input])));
  return nodes.map((node) => {
    const input = told.get(node.node);
    if (!input || isWork(node.kind)) return node;
    const [before, after] = [withPreview(node.before, input.before), withPreview(node.after, input.after)];
    return { ...node, ...(before ? { before } : {}), ...(after ? { after } : {}) };
  });
}

function withPreview(side: NodeSide | undefined, text: string | undefined): NodeSide | undefined {
  return side && text !== undefined && text !== side.dataVersion ? { ...side, preview: text } : side;
}

type BothValues =
  | { readonly before: unknown; readonly after: unknown }
  | { readonly missing: { readonly before?: string; readonly after?: string } };

async function bothValues(
  workspace: Workspace,
  node: NodeDifference,
  registerClasses: (() => Promise<void>) | undefined,
): Promise<BothValues> {
  const load = (): Promise<readonly [PastValue, PastValue]> =>
    Promise.all([sideValue(workspace, node, node.before), sideValue(workspace, node, node.after)]);
  const [before, after] = await knowingClasses(load, registerClasses);
  if ("missing" in before || "missing" in after) {
    return {
      missing: {
        ...("missing" in before ? { before: before.missing } : {}),
        ...("missing" in after ? { after: after.missing } : {}),
      },
    };
  }
  return { before: before.value, after: after.value };
}

async function sideValue(
  workspace: Workspace,
  { node, kind }: NodeDifference,
  side: NodeSide | undefined,
): Promise<PastValue> {
  if (!side) return { missing: "the run does not have it" };
  const result = await pastResult(workspace, node, { kind, ...side });
  return "missing" in result ? result : loadRecord(workspace, result);
}
