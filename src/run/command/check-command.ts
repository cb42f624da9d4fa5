import { placeholders, placeholderText, type Template } from "../../core/command/template.ts";
import { fail } from "../../core/failure.ts";
import { type Graph, type GraphNode, hasOutputs, nearest } from "../../core/graph.ts";
import { placeOf } from "../../core/node.ts";
import { pathsOf } from "./argument-files.ts";
import type { CommandNode } from "./command-code.ts";

/**
 * Checks what can only be known of a command within its graph.
 * @throws SluiceError `invalid-definition` for an output of an input that does not exist, `undeclared-input` for an argument
 *   that is the path of what a node of the pipeline writes
 */
export function checkCommand(graph: Graph, node: GraphNode, stage: CommandNode): void {
  const { argv, env, stdin } = stage.command;
  for (const template of [...argv, ...Object.values(env), ...(stdin ? [[stdin]] : [])])
    checkMembers(node, stage, template);
  checkPaths(graph, node, stage);
}

/** `{clean.table}` where it is known which outputs `clean` has. */
function checkMembers(node: GraphNode, stage: CommandNode, template: Template): void {
  for (const place of placeholders(template)) {
    const from = node.inputs.find(({ name }) => name === place.name)?.node;
    if (!from || place.member === undefined || !hasOutputs(from.definition)) continue;
    const { outputs } = from.definition;
    if (!outputs || Object.hasOwn(outputs, place.member)) continue;
    const near = nearest(place.member, Object.keys(outputs)) ?? Object.keys(outputs)[0];
    fail("invalid-definition", `${from.name} has no output "${place.member}"`, {
      ...at(node, stage),
      hint: `did you mean ${placeholderText({ name: place.name, member: near! })}?`,
    });
  }
}

/** The path of what another node writes says nothing of when it is written. */
function checkPaths(graph: Graph, node: GraphNode, stage: CommandNode): void {
  const owners = ownersOf(graph);
  if (owners.size === 0) return;
  for (const { written, at: absolute } of pathsOf(stage.command)) {
    const owner = ownerOf(owners, absolute.replaceAll("\\", "/"));
    if (!owner) continue;
    const [name, output] = owner;
    const hint =
      name === node.name
        ? `write {${output ?? "name"}} in its place: the program writes there, and the file is placed afterwards`
        : `make ${name} an input, and write {${output === undefined ? name : `${name}.${output}`}} in its place`;
    const whose = name === node.name ? "is an output of its own" : `is what "${name}" writes`;
    fail("undeclared-input", `the argument ${JSON.stringify(written)} of "${node.name}" ${whose}`, {
      ...at(node, stage),
      hint,
    });
  }
}

type Owner = readonly [node: string, output: string | undefined];

const known = new WeakMap<Graph, ReadonlyMap<string, Owner>>();

/** By absolute path, the node that writes it. */
function ownersOf(graph: Graph): ReadonlyMap<string, Owner> {
  let owners = known.get(graph);
  if (!owners) {
    const all = new Map<string, Owner>();
    for (const { name, definition } of graph.nodes) {
      if (!hasOutputs(definition)) continue;
      if (definition.output !== undefined) all.set(definition.output, [name, undefined]);
      for (const [output, target] of Object.entries(definition.outputs ?? {})) all.set(target, [name, output]);
    }
    owners = all;
    known.set(graph, owners);
  }
  return owners;
}

/** A path may be that of a file in a folder that a node writes. */
function ownerOf(owners: ReadonlyMap<string, Owner>, path: string): Owner | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const owner = owners.get(path.slice(0, end));
    if (owner) return owner;
  }
  return undefined;
}

function at(node: GraphNode, stage: CommandNode) {
  const where = placeOf(stage);
  return where ? { node: node.name, where } : { node: node.name };
}
