import type { CodeVersion } from "../analyse/code-version.ts";
import { type Failure, fail } from "../core/failure.ts";
import { type Graph, type GraphNode, hasOutputs, outputPaths } from "../core/graph.ts";
import type { JsonValue } from "../core/json.ts";
import { saltedCodeVersion, settingsVersion } from "../core/key.ts";
import {
  type Behaviour,
  type CacheMode,
  type ItemSettings,
  isStage,
  type SourceNode,
  type StageNode,
} from "../core/node.ts";
import type { ResultsAhead } from "../metadata/metadata.ts";
import { formatVersion } from "../store/formats.ts";
import { ClassCode, digestWithClasses, withClasses } from "./class-code.ts";
import { renewCode } from "./code-files.ts";
import { checkCommand } from "./command/check-command.ts";
import { commandCode, isCommand } from "./command/command-code.ts";
import { reads, type StageFacts } from "./decision.ts";
import type { PlanOptions } from "./plan.ts";
import { checkParams } from "./sources/params.ts";
import { type SourceContext, type SourceVersion, versionSource } from "./sources/sources.ts";
import { checkArguments, functionArguments, functionsOf, withNode } from "./stage-code.ts";
import type { Workspace } from "./workspace.ts";

/** What is known before anything is decided: taken once, so that a run sees one state of code and files. */
export interface Facts {
  /** The targets and all that they read, in topological order. */
  readonly nodes: readonly GraphNode[];
  readonly targets: readonly GraphNode[];
  readonly sources: ReadonlyMap<GraphNode, SourceVersion>;
  readonly stages: ReadonlyMap<GraphNode, StageFacts>;
  readonly cache: CacheMode;
}

/** With what is needed to decide. */
export interface Prepared extends Facts {
  /** What most stages will hit if little has changed. */
  readonly ahead: ResultsAhead;
}

/** {@link gatherFacts}, and reads ahead what they will be decided by. @throws SluiceError as that does */
export async function prepare(workspace: Workspace, graph: Graph, options: PlanOptions): Promise<Prepared> {
  return withAhead(workspace, await gatherFacts(workspace, graph, options));
}

export async function withAhead({ metadata }: Workspace, facts: Facts): Promise<Prepared> {
  const names = [...facts.stages.values()].filter(reads).map(({ node }) => node.name);
  return { ...facts, ahead: await metadata.readAhead(names) };
}

/**
 * Versions the sources and the code of all that the targets need.
 * @throws SluiceError for whatever is wrong with the call or the pipeline, before anything has run
 */
export async function gatherFacts(workspace: Workspace, graph: Graph, options: PlanOptions): Promise<Facts> {
  renewCode(workspace);
  const params = checkParams(graph, options.params ?? {});
  const recompute = new Set((options.recompute ?? []).flatMap((name) => graph.resolve(name)));
  const targets = options.targets?.flatMap((name) => graph.resolve(name)) ?? graph.nodes;
  const nodes = graph.needed(targets);
  const cache = options.cache ?? "rw";
  const sources = new Map<GraphNode, SourceVersion>();
  const stages = new Map<GraphNode, StageFacts>();
  const context = sourceContext(workspace, graph, params);
  const settings = new SettingsOf();
  const classes = new ClassCode(workspace);
  for (const node of nodes) {
    if (isStage(node.definition)) {
      if (isCommand(node.definition)) checkCommand(graph, node, node.definition);
      const behaviour =
        recompute.has(node) && node.definition.cache === "default" ? "recompute" : node.definition.cache;
      const mode = node.definition.unrecorded ? "off" : cache;
      const facts = stageFacts(workspace, node, node.definition, behaviour, mode, settings);
      stages.set(node, classes.isConcerned ? withClassesOf(classes, facts) : facts);
    } else {
      const version = versionSource(node as GraphNode & { definition: SourceNode }, context);
      sources.set(node, version instanceof Promise ? await version : version);
      if (classes.isConcerned && node.definition.kind === "param") {
        classes.source(node, params.get(node.name) ?? node.definition.fallback?.value);
      }
    }
  }
  return { nodes, targets, sources, stages, cache };
}

/** What the sources of a graph are versioned with. */
export function sourceContext(workspace: Workspace, graph: Graph, params: ReadonlyMap<string, unknown>): SourceContext {
  // A pattern that takes in what the pipeline itself writes would never come to rest.
  const ignore: string[] = workspace.cacheDir ? [workspace.cacheDir] : [];
  for (const { definition } of graph.nodes) if (hasOutputs(definition)) ignore.push(...outputPaths(definition));
  return { root: workspace.root, files: workspace.files, params, env: process.env, ignore };
}

function stageFacts(
  workspace: Workspace,
  node: GraphNode,
  stage: StageNode,
  behaviour: Behaviour,
  cache: CacheMode,
  settings: SettingsOf,
): StageFacts {
  try {
    const code = codeOf(workspace, node, stage);
    const codeVersion = saltedCodeVersion(code.digest, stage.version);
    return { node, stage, code, codeVersion, ...settings.of(stage), behaviour, cache };
  } catch (error) {
    throw withNode(error, node);
  }
}

/** With the code of the classes whose instances may come to a stage. */
function withClassesOf(classes: ClassCode, facts: StageFacts): StageFacts {
  const counted = classes.of(facts.node, facts.code);
  if (!counted) return facts;
  const codeVersion = saltedCodeVersion(digestWithClasses(facts.code.digest, counted), facts.stage.version);
  return { ...facts, code: withClasses(facts.code, counted), codeVersion };
}

/** The version of a stage's code. @throws SluiceError `captured-variable` */
export function codeOf(workspace: Workspace, node: GraphNode, stage: StageNode): CodeVersion {
  if (!isCommand(stage)) return functionsOf(workspace, node, stage, functionArguments(stage));
  // The program is code of its own kind; its checks are functions.
  const versioned = stage.checks.length > 0 ? functionsOf(workspace, node, stage, checkArguments(stage)) : undefined;
  return commandCode(workspace.root, workspace.files, stage, versioned);
}

/** The settings of stages with their versions; most stages have a format and nothing else, and share them. */
class SettingsOf {
  readonly #byFormat = new Map<string, Pick<StageFacts, "settings" | "settingsVersion">>();

  of(stage: StageNode): Pick<StageFacts, "settings" | "settingsVersion"> {
    const isPlain =
      stage.formatOptions === null && stage.output === undefined && stage.outputs === undefined && !stage.items?.spread;
    const known = isPlain ? this.#byFormat.get(stage.format) : undefined;
    if (known) return known;
    const settings = settingsOf(stage);
    const versioned = { settings, settingsVersion: settingsVersion(settings) };
    if (isPlain) this.#byFormat.set(stage.format, versioned);
    return versioned;
  }
}

function settingsOf(stage: StageNode): { readonly [name: string]: JsonValue } {
  return {
    format: [stage.format, formatVersion(stage.format), stage.formatOptions],
    ...(stage.output === undefined ? {} : { output: extension(stage.output) }),
    ...(stage.outputs === undefined ? {} : { outputs: outputNames(stage.outputs) }),
    ...(stage.items?.spread === undefined ? {} : { spread: spreadSetting(stage.items) }),
  };
}

/** What an item is made of, and how its result is kept. */
function spreadSetting({ spread = {}, format = "auto", formatOptions = null }: ItemSettings): JsonValue {
  const lists = Object.entries(spread).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [lists, format, formatVersion(format), formatOptions];
}

/** A function sees the file names of its outputs, but not the folders that they end up in. */
function outputNames(outputs: Readonly<Record<string, string>>): JsonValue {
  return Object.entries(outputs).map(([name, target]) => [name, target.slice(target.lastIndexOf("/") + 1)]);
}

function extension(target: string): string {
  const name = target.slice(target.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot);
}

/** The limits of named pools: the call's own, else what the stages say, else one at a time. */
export function poolLimits(
  nodes: readonly GraphNode[],
  given: Readonly<Record<string, number>> = {},
): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const node of nodes) {
    const pool = isStage(node.definition) ? node.definition.pool : undefined;
    if (!pool) continue;
    const known = limits.get(pool.name);
    if (pool.limit !== undefined && known !== undefined && known !== pool.limit && given[pool.name] === undefined) {
      const message = `pool "${pool.name}" has two limits, ${known} and ${pool.limit}`;
      fail("invalid-definition", message, { node: node.name, hint: "give it the same limit everywhere" });
    }
    if (pool.limit !== undefined) limits.set(pool.name, pool.limit);
  }
  for (const [name, limit] of Object.entries(given)) {
    if (!Number.isInteger(limit) || limit < 1)
      fail("usage", `the limit of pool "${name}" must be a whole number from 1`);
    limits.set(name, limit);
  }
  return limits;
}

/** What the analyser could not see in the code of these stages. */
export function codeWarnings(stages: Iterable<StageFacts>): readonly Failure[] {
  const seen = new Set<string>();
  const warnings: Failure[] = [];
  for (const { code, node } of stages) {
    for (const warning of code.warnings) {
      const id = JSON.stringify([warning.message, warning.where]);
      if (seen.has(id)) continue;
      seen.add(id);
      warnings.push({ ...warning, node: node.name });
    }
  }
  return warnings;
}
