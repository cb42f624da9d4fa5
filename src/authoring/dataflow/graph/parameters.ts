import { namedParameters } from "../../../analyse/captured/named-parameters.ts";
import type { ParameterSyntax } from "../../../analyse/syntax/function-parameters.ts";
import { fail } from "../../../core/failure.ts";
import type { Site } from "../../../core/node.ts";
import type { AnyFunction } from "./flow-node.ts";

/** A name that a function wants a value for. */
export interface Parameter {
  readonly name: string;
  /** Whether it has a default. */
  readonly optional: boolean;
}

/** One argument of a function: a parameter, or an object of parameters. */
export type Slot = Parameter | { readonly members: readonly Parameter[]; readonly optional: boolean };

/** What a function is called in messages. */
interface Named {
  readonly name: string;
  readonly module: string;
  readonly site: Site;
}

/**
 * What a function takes, as its author wrote it.
 * @throws SluiceError `invalid-definition` where that names nothing
 */
export function slotsOf(fn: AnyFunction, named: Named): readonly Slot[] {
  const syntax = namedParameters(fn);
  if (!syntax) {
    return wrong(named, "has no source that names its parameters: it is bound, or the engine's own");
  }
  return syntax.map((parameter) => slotOf(parameter, named));
}

function slotOf(parameter: ParameterSyntax, named: Named): Slot {
  if (!("unnamed" in parameter)) return parameter;
  switch (parameter.unnamed) {
    case "rest":
      return wrong(named, "takes `...`, which names no input");
    case "others":
      return wrong(named, "takes the rest of an object, which names no input");
    case "array":
      return wrong(named, "takes an array apart, which names no input");
    case "computed":
      return wrong(named, "computes the name of an input");
  }
}

function wrong({ name, module, site }: Named, why: string): never {
  const [frame] = site();
  return fail("invalid-definition", `the function "${name}" of ${module} ${why}`, {
    node: name,
    ...(frame ? { where: frame.written ?? { file: frame.file, line: frame.line, column: frame.column } } : {}),
    hint: `name its inputs: export const ${name} = inputs(["first", "second"], fn), or keep it from being a node: call it _${name}`,
  });
}

/** All the names, in the order of the arguments. */
export function parametersIn(slots: readonly Slot[]): readonly Parameter[] {
  const found: Parameter[] = [];
  for (const slot of slots) {
    if ("members" in slot) {
      for (const { name, optional } of slot.members) found.push({ name, optional: optional || slot.optional });
    } else found.push(slot);
  }
  return found;
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
