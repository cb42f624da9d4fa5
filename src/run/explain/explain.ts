import { relativeTo } from "../../analyse/load/module-path.ts";
import type { CodePart } from "../../core/code-part.ts";
import type { NodeOutcome, RunReason } from "../../core/event.ts";
import { fail } from "../../core/failure.ts";
import type { Graph, GraphNode } from "../../core/graph.ts";
import type { RecordedInput, ResultRecord, Wanted } from "../../core/record.ts";
import type { RunRecord } from "../../metadata/metadata.ts";
import type { StageFacts } from "../decision.ts";
import { Planner, type PlanOptions } from "../plan.ts";
import { prepare } from "../prepare.ts";
import { inputDetail } from "../sources/input-detail.ts";
import type { SourceVersion } from "../sources/sources.ts";
import type { Workspace } from "../workspace.ts";
import { explainCode } from "./explained-code.ts";
import { explainChange } from "./explained-input.ts";
import type { Declared, ExplainedInput, Explanation } from "./explanation.ts";
import { failNotPart, namedRun } from "./named-run.ts";
import { changesSince, lookBack, nearestResult } from "./reasons.ts";

export type * from "./explanation.ts";

export interface ExplainOptions extends PlanOptions {
  /** Explain what this run did with the node, and not what a run would do now: its id, the start of it, `last`, `previous`. */
  readonly run?: string;
  /** Compare with the result that this run had, and not with the nearest one. */
  readonly against?: string;
}

/**
 * Explains a node: what a run would do with it now, or what a run did.
 * @throws SluiceError `unknown-node`, `unknown-run`
 */
export async function explain(
  workspace: Workspace,
  graph: Graph,
  name: string,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const explainer = new Explainer(workspace, graph);
  return options.run === undefined
    ? explainer.now(graph, name, options)
    : explainer.past(name, options.run, options.against);
}

/**
 * Explains what a run did with a node by what was recorded of it, of a pipeline or of a driver.
 * @throws SluiceError `unknown-node`, `unknown-run`
 */
export function explainPast(
  workspace: Workspace,
  name: string,
  { run, against }: Pick<ExplainOptions, "against"> & { readonly run: string },
): Promise<Explanation> {
  return new Explainer(workspace).past(name, run, against);
}

/** What a decision was about: what was known of the key, and where more can be found out. */
interface Subject {
  readonly wanted: Wanted;
  /** Inputs that must run first. */
  readonly unknown?: readonly Pick<RecordedInput, "name" | "kind" | "node">[];
  parts(): Promise<readonly CodePart[] | undefined>;
  textOf(part: CodePart): string | undefined;
  /** What is decided now: the node, and the sources as they are. */
  readonly live?: { readonly node: GraphNode; readonly sources: ReadonlyMap<GraphNode, SourceVersion> };
}

class Explainer {
  readonly #workspace: Workspace;
  /** The pipeline as it is now, where that is known: it tells where nodes are declared. */
  readonly #graph: Graph | undefined;

  constructor(workspace: Workspace, graph?: Graph) {
    this.#workspace = workspace;
    this.#graph = graph;
  }

  async now(graph: Graph, name: string, options: ExplainOptions): Promise<Explanation> {
    const { metadata } = this.#workspace;
    const node = single(graph, name);
    const prepared = await prepare(this.#workspace, graph, { ...options, targets: [name] });
    const planner = new Planner(this.#workspace, prepared);
    let planned = await planner.plan(prepared.nodes[0]!);
    for (const next of prepared.nodes.slice(1)) planned = await planner.plan(next);
    const { status, reasons, warnings, key, madeBy, madeAt } = planned;
    const expectedMs = status === "hit" ? undefined : (await metadata.durations([node.name])).get(node.name);
    const base = {
      ...this.#headOf(node.name, node.definition.kind),
      status,
      warnings,
      ...(key === undefined ? {} : { key }),
      ...(madeBy === undefined ? {} : { madeBy }),
      ...(madeAt === undefined ? {} : { madeAt }),
      ...(expectedMs === undefined ? {} : { expectedMs }),
    };
    const facts = prepared.stages.get(node);
    if (!facts) return { ...base, reasons, inputs: [], code: [] };
    const subject = this.#subjectNow(facts, planner.inputsOf(node), prepared.sources);
    const earlier =
      options.against === undefined
        ? ((key === undefined ? undefined : await metadata.getResult(key)) ??
          nearestResult(await metadata.resultsOf(node.name, lookBack), facts, subject.wanted.inputs))
        : await this.#resultIn(options.against, node.name);
    return this.#complete(base, reasons, subject, earlier, options.against !== undefined);
  }

  #subjectNow(
    facts: StageFacts,
    inputs: readonly (RecordedInput | undefined)[],
    sources: ReadonlyMap<GraphNode, SourceVersion>,
  ): Subject {
    const { node, code, codeVersion, settings } = facts;
    const unknown = node.inputs.flatMap(({ name, node: from }, i) =>
      inputs[i] || !from ? [] : [{ name, kind: from.definition.kind, node: from.name }],
    );
    return {
      wanted: { codeVersion, settings, inputs: inputs.filter((input) => input !== undefined) },
      unknown,
      parts: async () => code.parts,
      textOf: (part) => this.#workspace.analyser.textOf(part),
      live: { node, sources },
    };
  }

  /** What a run did, against what it was compared with then. */
  async past(name: string, runId: string, against: string | undefined): Promise<Explanation> {
    const { metadata } = this.#workspace;
    const run = await namedRun(metadata, runId);
    const outcome = await this.#outcome(run, name);
    const { status, kind, reasons, key, madeBy, failure } = outcome;
    const record = key === undefined ? undefined : await metadata.getResult(key);
    const base = {
      ...this.#headOf(name, kind),
      status,
      warnings: failure ? [failure] : [],
      ...(key === undefined ? {} : { key }),
      ...(madeBy === undefined ? {} : { madeBy }),
      ...(madeBy !== undefined && record?.runId === madeBy ? { madeAt: record.createdAt } : {}),
    };
    // A record tells what its key is made of, whichever run made it.
    const wanted = record ?? outcome.wanted;
    if (!wanted) return { ...base, reasons, inputs: [], code: [] };
    const parts = (): Promise<readonly CodePart[] | undefined> => metadata.getCode(wanted.codeVersion);
    const subject: Subject = { wanted, parts, textOf: ({ text }) => text };
    const { comparedWith } = outcome;
    const compared = comparedWith === undefined ? undefined : await metadata.getResult(comparedWith);
    const earlier = against === undefined ? compared : await this.#resultIn(against, name);
    return this.#complete(base, reasons, subject, earlier, against !== undefined);
  }

  async #outcome(run: RunRecord, name: string): Promise<NodeOutcome> {
    const nodes = await this.#workspace.metadata.runNodes(run.id);
    return nodes.get(name) ?? failNotPart(run, name, nodes.keys());
  }

  /** The result that a node had in a run. */
  async #resultIn(id: string, name: string): Promise<ResultRecord> {
    const run = await namedRun(this.#workspace.metadata, id);
    const { key } = await this.#outcome(run, name);
    const record = key === undefined ? undefined : await this.#workspace.metadata.getResult(key);
    return (
      record ??
      fail("unknown-run", `"${name}" has no result of run ${run.id} that is still kept`, {
        node: name,
        hint: "`sluice cache ls` shows what is kept",
      })
    );
  }

  async #complete(
    base: Omit<Explanation, "reasons" | "inputs" | "code" | "comparedWith">,
    decided: readonly RunReason[],
    subject: Subject,
    earlier: ResultRecord | undefined,
    isAsked: boolean,
  ): Promise<Explanation> {
    const { wanted } = subject;
    const reasons =
      isAsked && earlier
        ? await changesSince(this.#workspace, assumed(subject, earlier), subject.parts, earlier, (part) =>
            subject.textOf(part),
          )
        : decided;
    const sameCode = !earlier || earlier.codeVersion === wanted.codeVersion;
    const before = sameCode ? undefined : await this.#workspace.metadata.getCode(earlier.codeVersion);
    const after = before && (await subject.parts());
    const inputs: ExplainedInput[] = [];
    for (const input of [...wanted.inputs, ...(subject.unknown ?? [])]) {
      inputs.push(await this.#explainInput(input, earlier, subject));
    }
    return {
      ...base,
      reasons,
      ...(earlier ? { comparedWith: { runId: earlier.runId, createdAt: earlier.createdAt, key: earlier.key } } : {}),
      inputs: this.#inOrder(base.node, inputs),
      code: before && after ? await explainCode(before, after, (part) => subject.textOf(part)) : [],
    };
  }

  async #explainInput(
    input: Pick<RecordedInput, "name" | "kind" | "node"> & Partial<RecordedInput>,
    earlier: ResultRecord | undefined,
    { live }: Subject,
  ): Promise<ExplainedInput> {
    const was = earlier?.inputs.find(({ name }) => name === input.name);
    const now = input.version === undefined ? undefined : (input as RecordedInput);
    const changed = now !== undefined && was !== undefined && now.version !== was.version;
    const declared = input.node === undefined ? undefined : this.#declared(input.node);
    const detail = changed && live ? inputDetail(live.node, now, live.sources) : undefined;
    return {
      name: input.name,
      kind: input.kind,
      ...(input.node === undefined ? {} : { node: input.node }),
      ...(declared ? { declared } : {}),
      ...(was ? { before: was.preview ?? was.version, versionBefore: was.version } : {}),
      ...(now ? { after: now.preview ?? now.version, versionAfter: now.version } : {}),
      changed,
      ...(changed ? await explainChange(this.#workspace, was, now, detail) : {}),
    };
  }

  /** Inputs in the order in which the node declares them. */
  #inOrder(node: string, inputs: readonly ExplainedInput[]): readonly ExplainedInput[] {
    const order = new Map(this.#graph?.get(node)?.inputs.map(({ name }, i) => [name, i]));
    const place = ({ name }: ExplainedInput): number => order.get(name) ?? order.size;
    return inputs.toSorted((a, b) => place(a) - place(b));
  }

  #headOf(node: string, kind: Explanation["kind"]): Pick<Explanation, "node" | "kind" | "declared"> {
    const declared = this.#declared(node);
    return { node, kind, ...(declared ? { declared } : {}) };
  }

  /** Where a node of the pipeline is declared, in the author's source. */
  #declared(name: string): Declared | undefined {
    const { root, analyser } = this.#workspace;
    const frame = this.#graph?.get(name)?.definition.site()[0];
    if (!frame) return undefined;
    const { file, line } = analyser.originalPlace(frame);
    return { file: relativeTo(root, file), ...(line === undefined ? {} : { line }) };
  }
}

function single(graph: Graph, name: string): GraphNode {
  const [node, ...more] = graph.resolve(name);
  if (node && more.length === 0) return node;
  const names = [node, ...more].slice(0, 5).map((member) => member?.name);
  return fail("unknown-node", `"${name}" is several nodes`, { node: name, hint: `name one of ${names.join(", ")}` });
}

/** What is wanted, if what must run first turns out as it was. */
function assumed({ wanted, unknown = [] }: Subject, earlier: ResultRecord): Wanted {
  const open = new Set(unknown.map(({ name }) => name));
  return { ...wanted, inputs: [...wanted.inputs, ...earlier.inputs.filter(({ name }) => open.has(name))] };
}
