import { leafOf } from "./leaves.ts";
import { errorTypes } from "./scheme.ts";

const containers = new Set<object>([Object.prototype, Array.prototype, Map.prototype, Set.prototype]);

/** Whether the canonical encoding knows the objects with this prototype by itself. */
export function isBuiltIn(prototype: object): boolean {
  return containers.has(prototype) || errorKindOf(prototype) !== undefined || leafOf(prototype) !== undefined;
}

const errorKinds = new Map<object, number>(errorTypes.map((type, kind) => [type.prototype, kind]));

/** The byte that stands for an error's constructor; undefined when the prototype is not that of a built-in error. */
export function errorKindOf(prototype: object): number | undefined {
  return errorKinds.get(prototype);
}
