import { fail } from "../core/failure.ts";
import { definitionOf, type NodeDefinition, placeOf } from "../core/node.ts";
import { isRecord } from "./declaration.ts";

/**
 * The nodes that a module exports, by name: exports that are nodes, and the members of exported arrays and records of nodes,
 * at any depth (`years.0`, `byYear.2020`). The members of a default export have no prefix. A node that is exported twice has
 * its least nested name. Everything else is passed over.
 * @throws SluiceError `duplicate-name`
 */
export function exportedNodes(module: Readonly<Record<string, unknown>>): ReadonlyMap<string, NodeDefinition> {
  const named = new Map<string, NodeDefinition>();
  const known = new Set<unknown>();
  const { default: main } = module;
  const queue: [name: string, value: unknown][] = [];
  for (const name of Object.keys(module)) {
    // `module.exports` of a CommonJS module is its default export once more.
    if (name !== "default" && name !== "module.exports") queue.push([name, module[name]]);
  }
  queue.push(...(definitionOf(main) ? [["default", main] as [string, unknown]] : membersOf(main, "")));
  for (let i = 0; i < queue.length; i++) {
    const [name, value] = queue[i]!;
    const definition = definitionOf(value);
    const thing = definition ?? value;
    if (known.has(thing)) continue;
    known.add(thing);
    if (definition) add(named, definition.name ?? name, definition);
    else queue.push(...membersOf(value, `${name}.`));
  }
  return named;
}

function membersOf(value: unknown, prefix: string): [string, unknown][] {
  if (!Array.isArray(value) && !isRecord(value)) return [];
  const members: [string, unknown][] = [];
  for (const name of Object.keys(value)) {
    // Getters are the author's code, which nobody asked to run.
    const member: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
    if (member !== null && (typeof member === "object" || typeof member === "function")) {
      members.push([prefix + name, member]);
    }
  }
  return members;
}

function add(named: Map<string, NodeDefinition>, name: string, definition: NodeDefinition): void {
  const other = named.get(name);
  if (other) {
    const [where, there] = [placeOf(definition), placeOf(other)];
    fail(
      "duplicate-name",
      `two nodes are called "${name}"${there ? ` (the other is at ${there.file}:${there.line})` : ""}`,
      {
        node: name,
        ...(where ? { where } : {}),
        hint: "give one of them another `name`",
      },
    );
  }
  named.set(name, definition);
}
