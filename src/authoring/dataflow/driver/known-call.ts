import type { KnownVersions } from "../../../analyse/code-version.ts";
import { ownVersion } from "../../../analyse/packages/own-package.ts";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { failureOf } from "../../../core/failure.ts";
import { fingerprint } from "../../../core/fingerprint.ts";
import { registeredClasses } from "../../../core/value-class.ts";
import type { Facts } from "../../../run/prepare.ts";
import type { RunCall } from "../../../run/run-options.ts";
import type { Workspace } from "../../../run/workspace.ts";
import { formatVersion } from "../../../store/formats.ts";
import { type FlowNode, isJoined } from "../graph/flow-node.ts";
import type { DriverParts } from "./driver-parts.ts";
import type { RunGraph } from "./run-graph.ts";

interface Seen {
  readonly known: KnownVersions;
  /** Where the function of each node is written, in the order of the nodes. */
  readonly places: readonly string[];
  /** Of the inputs that are given. */
  readonly versions: ReadonlyMap<string, Digest>;
}

/**
 * A call of `execute` by which a run can be known without its graph: functions of which nothing is said but what they read, and inputs.
 * What keys follow from is, of such nodes, the names, the places of the functions in a program that is the same, and the versions of
 * the inputs; so all these stand for the run.
 */
export class KnownCall implements RunCall {
  readonly stages: number;
  readonly #wanted: RunGraph;
  readonly #targets: readonly string[];
  readonly #workspace: Workspace;
  readonly #nodes: readonly FlowNode[];
  readonly #format: string;
  /** What {@link digest} went by that was given last. */
  #seen: Seen | undefined;

  private constructor(
    wanted: RunGraph,
    targets: readonly string[],
    workspace: Workspace,
    nodes: readonly FlowNode[],
    format: string,
  ) {
    this.#wanted = wanted;
    this.#targets = targets;
    this.#workspace = workspace;
    this.#nodes = nodes;
    this.#format = format;
    this.stages = nodes.length;
  }

  /** Undefined for a call that may have more to it. */
  static of(
    { dataflow, behaviors, cache, hooks }: Pick<DriverParts, "dataflow" | "behaviors" | "cache" | "hooks">,
    wanted: RunGraph,
    targets: readonly string[],
    workspace: Workspace,
  ): KnownCall | undefined {
    if (!cache || hooks || !behaviors.isDefault || dataflow.branches.size > 0 || wanted.overrides.length > 0)
      return undefined;
    const nodes: FlowNode[] = [];
    for (const name of wanted.needed) {
      const node = dataflow.nodes.get(name);
      if (!node) continue;
      if (isJoined(node) || !isPlain(node)) return undefined;
      nodes.push(node);
    }
    return new KnownCall(wanted, targets, workspace, nodes, cache.format ?? "auto");
  }

  digest(): Digest | undefined {
    // The code of a class counts for what its instances come to, which the graph tells.
    const known = registeredClasses().length > 0 ? undefined : this.#workspace.analyser.knownVersions();
    const format = known && unlessRefused(() => formatVersion(this.#format));
    const versions = known && this.#versionsOfInputs();
    if (!known || format === undefined || !versions) return undefined;
    const { inputs } = this.#wanted;
    const about = [ownVersion(), known.program, this.#format, format, this.#targets.length, inputs.length];
    const flat: unknown[] = [...about, ...this.#targets];
    for (const name of inputs) flat.push(name, versions.get(name));
    const places: string[] = [];
    for (const node of this.#nodes) {
      const { name, inputs } = node;
      const place = this.#placeOf(node);
      if (place === undefined) return undefined;
      places.push(place);
      flat.push(name, place, inputs.length);
      for (const { name, from } of inputs) flat.push(name, "name" in from && from.name);
    }
    this.#seen = { known, places, versions };
    return digestOf(Buffer.from(JSON.stringify(flat)));
  }

  isOf({ stages, sources, targets }: Facts): boolean {
    const { known, places: all, versions } = this.#seen!;
    if (sources.size !== versions.size) return false;
    const places = new Map(this.#nodes.map(({ name }, i) => [name, all[i]]));
    for (const [{ name }, { code, codeVersion }] of stages) {
      const place = places.get(name);
      const isKnown = place !== undefined && known.digestAt(place, { name }) === code.digest;
      if (!isKnown || codeVersion !== code.digest) return false;
    }
    for (const [{ name }, { dataVersion }] of sources) if (versions.get(name) !== dataVersion) return false;
    return targets.length === this.#targets.length && targets.every(({ name }, i) => name === this.#targets[i]);
  }

  /** What tells the versions of the code of all nodes, as it was when the last digest was given, whenever it is asked. */
  codeVersions(): () => Record<string, string> {
    const { known, places } = this.#seen!;
    const nodes = this.#nodes;
    return () => {
      const versions: Record<string, string> = {};
      for (const [i, { name }] of nodes.entries()) {
        const version = known.digestAt(places[i]!, { name });
        if (version) versions[name] = version;
      }
      return versions;
    };
  }

  #placeOf({ functions, site }: FlowNode): string | undefined {
    return this.#workspace.analyser.placeOfValue(functions, site);
  }

  #versionsOfInputs(): ReadonlyMap<string, Digest> | undefined {
    const { given } = this.#wanted;
    return unlessRefused(() => new Map([...given].map(([name, value]) => [name, fingerprint(value)])));
  }
}

/** Undefined where something is wrong with the call, which the run says. */
function unlessRefused<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (failureOf(error)) return undefined;
    throw error;
  }
}

/** Whether there is no more to be said of a node than its function and what it reads. */
function isPlain({ settings, checks, inputs, role, place, isParallel, writes }: FlowNode): boolean {
  if (role !== undefined || place !== undefined || isParallel || writes || checks.length > 0) return false;
  for (const _ in settings) return false;
  for (const { from } of inputs) if (!("name" in from)) return false;
  return true;
}
