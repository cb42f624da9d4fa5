import { fail } from "../../../core/failure.ts";
import { isRecord, kindOf } from "../../declaration.ts";
import type { FlowInput, FlowNode } from "../graph/flow-node.ts";

/** Stands for what a node or an input gives. */
export class Source {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Stands for a plain value. */
export class Value<out T = unknown> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

/** Stands for several wires as one value: an array or an object of them. */
export class Group {
  readonly members: readonly Wire[] | Readonly<Record<string, Wire>>;

  constructor(members: readonly Wire[] | Readonly<Record<string, Wire>>) {
    this.members = members;
  }
}

export type Wire = Source | Value | Group;

/** What the node or input of a name gives, for `inject` and `parameterize`. @throws SluiceError `usage` */
export function source(name: string): Source {
  if (typeof name !== "string" || name === "") fail("usage", `source() needs the name of a node, not ${kindOf(name)}`);
  return new Source(name);
}

/** A plain value, for `inject` and `parameterize`. */
export function value<T>(plain: T): Value<T> {
  return new Value(plain);
}

/** Several wires as one value: an array of them, or an object by name. For `inject`. @throws SluiceError `usage` */
export function group(members: readonly Wire[] | Readonly<Record<string, Wire>>): Group {
  const all = Array.isArray(members) ? members : isRecord(members) ? Object.values(members) : undefined;
  if (!all?.every(isWire)) fail("usage", "group() needs an array or an object of what source() and value() give");
  return new Group(members);
}

function isWire(thing: unknown): thing is Wire {
  return thing instanceof Source || thing instanceof Value || thing instanceof Group;
}

/** What was given by hand for a parameter: anything that is no wire is a plain value. */
function wireOf(thing: unknown): Wire {
  return isWire(thing) ? thing : new Value(thing);
}

/**
 * Wires parameters of a node by hand.
 * @param others what wrappers inside of this one have made beside it
 * @throws SluiceError `usage` for a parameter that the node's function does not have, or that gets what one of the others gives
 */
export function rewire(
  node: FlowNode,
  wires: Readonly<Record<string, unknown>>,
  what: string,
  others: readonly FlowNode[] = [],
): FlowNode {
  for (const name of Object.keys(wires)) requireFree(node, name, what, others);
  for (const name of Object.keys(wires)) {
    if (node.inputs.some((input) => input.name === name)) continue;
    fail("usage", `${what}() wires "${name}", which "${node.name}" does not take`, {
      node: node.name,
      hint: takenHint(node, name, what, others),
    });
  }
  const groups = new Map<string, Group>();
  const inputs = node.inputs.flatMap((input): readonly FlowInput[] => {
    if (!Object.hasOwn(wires, input.name)) return [input];
    const wire = wireOf(wires[input.name]);
    if (wire instanceof Group) groups.set(input.name, wire);
    return [...wired(input.name, wire)];
  });
  if (groups.size === 0) return { ...node, inputs };
  checkDistinct(node, inputs, groups, what);
  const shapes = [...groups].map(([name, { members }]) => [name, shapeOf(members)]);
  return {
    ...node,
    inputs,
    run: (values, context) => node.run(gathered(values, groups), context),
    functions: ["group", shapes, node.functions],
  };
}

/** Members are inputs that are called after their places: `first.a`. Nothing else may be called so. */
function checkDistinct(
  { name }: FlowNode,
  inputs: readonly FlowInput[],
  groups: ReadonlyMap<string, Group>,
  what: string,
): void {
  const called = new Set<string>();
  for (const input of inputs) {
    const isMember = [...groups.keys()].some((group) => input.name.startsWith(`${group}.`));
    if (isMember && called.has(input.name)) {
      fail("usage", `${what}() gives "${name}" two inputs that are called "${input.name}"`, {
        node: name,
        hint: "the members of a group are called PARAMETER.MEMBER: call one of them something else",
      });
    }
    called.add(input.name);
  }
}

/** What a node takes, for one who names what it does not take: its function may be behind a pipe. */
export function takenHint(node: FlowNode, parameter: string, what: string, others: readonly FlowNode[]): string {
  const behind = others.find(({ isAside, inputs }) => isAside && inputs.some(({ name }) => name === parameter));
  if (behind) return `"${behind.name}" takes it: put ${what}() right around its function`;
  return `it takes ${node.inputs.map(({ name }) => name).join(", ") || "nothing"}`;
}

/**
 * What is read or sent through steps for a parameter must not be passed over: nobody would see that it is not used.
 * @throws SluiceError `usage`
 */
export function requireFree(node: FlowNode, parameter: string, what: string, others: readonly FlowNode[]): void {
  const from = node.inputs.find(({ name }) => name === parameter)?.from;
  const by = from && "name" in from ? others.find(({ isAside, name }) => isAside && name === from.name) : undefined;
  if (!by) return;
  fail("usage", `${what}() is around what gives "${parameter}" of "${node.name}" already: the node "${by.name}"`, {
    node: node.name,
    hint: by.role === "loader" ? "say one of the two" : `put ${what}() inside of it, right around the function`,
  });
}

/** The inputs that a wire needs: those of a group are called after their places in it. */
function* wired(name: string, wire: Wire): Generator<FlowInput> {
  // What somebody named must be there, even where the function could do without.
  if (wire instanceof Source) yield { name, optional: false, from: { name: wire.name } };
  else if (wire instanceof Value) yield { name, optional: false, from: { value: wire.value } };
  else for (const [key, member] of Object.entries(wire.members)) yield* wired(`${name}.${key}`, member as Wire);
}

function gathered(
  values: Readonly<Record<string, unknown>>,
  groups: ReadonlyMap<string, Group>,
): Readonly<Record<string, unknown>> {
  const all = { ...values };
  for (const [name, group] of groups) all[name] = gather(name, group, values);
  return all;
}

function gather(name: string, wire: Wire, values: Readonly<Record<string, unknown>>): unknown {
  if (!(wire instanceof Group)) return values[name];
  const members = Object.entries(wire.members).map(
    ([key, member]) => [key, gather(`${name}.${key}`, member as Wire, values)] as const,
  );
  return Array.isArray(wire.members) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

function shapeOf(members: Group["members"]): unknown {
  const shape = (member: Wire): unknown => (member instanceof Group ? shapeOf(member.members) : null);
  if (Array.isArray(members)) return members.map(shape);
  // An empty object is no empty array.
  return ["by name", ...Object.entries(members).map(([key, member]) => [key, shape(member)])];
}
