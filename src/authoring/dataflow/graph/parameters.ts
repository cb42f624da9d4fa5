import { functionSite } from "../../../analyse/captured/function-site.ts";
import { namedParameters } from "../../../analyse/captured/named-parameters.ts";
import type { ParameterSyntax } from "../../../analyse/syntax/function-parameters.ts";
import { fail } from "../../../core/failure.ts";
import type { AnyFunction } from "./flow-node.ts";

/** A name that a function wants a value for. */
export interface Parameter {
  readonly name: string;
  /** Whether it has a default. */
  readonly optional: boolean;
}

/** One argument of a function: a parameter, or an object of parameters. */
export type Slot = Parameter | { readonly members: readonly Parameter[]; readonly optional: boolean };

/** A function with what it is called in messages. */
interface Named {
  readonly name: string;
  readonly module: string;
  readonly fn: AnyFunction;
}

/** What a function takes, and what of it counts as code. */
interface Signature {
  readonly slots: readonly Slot[];
  readonly functions: unknown;
}

/**
 * What a function takes, as its author wrote it.
 * @param given the names that were given by hand
 * @throws SluiceError `invalid-definition` where nothing names it
 */
export function signatureOf(named: Named, given?: readonly Slot[]): Signature {
  const { fn } = named;
  if (given) return { slots: given, functions: withNames(given, fn) };
  const found = namedParameters(fn);
  if (!found) {
    return wrong(named, "has no source that names its parameters: it is bound, or the engine's own");
  }
  const { parameters, areRenamed } = found;
  if (!parameters.every(isSlot)) return wrong(named, whyUnnamed(parameters));
  return { slots: parameters, functions: areRenamed ? withNames(parameters, fn) : fn };
}

/** Names that are no part of a function's text count beside it: they say which value is which. */
function withNames(slots: readonly Slot[], fn: AnyFunction): unknown {
  return ["inputs", slots, fn];
}

function isSlot(parameter: ParameterSyntax): parameter is Slot {
  return !("unnamed" in parameter);
}

function whyUnnamed(parameters: readonly ParameterSyntax[]): string {
  const unnamed = parameters.find((parameter) => "unnamed" in parameter);
  switch (unnamed!.unnamed) {
    case "rest":
      return "takes `...`, which names no input";
    case "others":
      return "takes the rest of an object, which names no input";
    case "array":
      return "takes an array apart, which names no input";
    case "computed":
      return "computes the name of an input";
  }
}

function wrong({ name, module, fn }: Named, why: string): never {
  const [frame] = functionSite(fn)();
  return fail("invalid-definition", `the function "${name}" of ${module} ${why}`, {
    node: name,
    ...(frame ? { where: frame.written ?? { file: frame.file, line: frame.line, column: frame.column } } : {}),
    hint: `name its inputs: export const ${name} = inputs(["first", "second"], fn), or keep it from being a node: call it _${name}`,
  });
}

/** All the names, in the order of the arguments. */
export function parametersIn(slots: readonly Slot[]): readonly Parameter[] {
  if (slots.every(isParameter)) return slots;
  return slots.flatMap((slot) =>
    isParameter(slot)
      ? slot
      : slot.members.map(({ name, optional }) => ({ name, optional: optional || slot.optional })),
  );
}

function isParameter(slot: Slot): slot is Parameter {
  return !("members" in slot);
}

/** The arguments for a call; a default of the function's own stands in for what is absent. */
export function argumentsFor(slots: readonly Slot[], values: Readonly<Record<string, unknown>>): unknown[] {
  return slots.map((slot) => {
    if (!("members" in slot)) return Object.hasOwn(values, slot.name) ? values[slot.name] : undefined;
    const given = slot.members.filter(({ name }) => Object.hasOwn(values, name));
    if (given.length === 0 && slot.optional) return undefined;
    // Without a prototype: what is absent may be called `constructor`.
    const members: Record<string, unknown> = Object.create(null);
    for (const { name } of given) members[name] = values[name];
    return members;
  });
}
