import type { StageNode } from "./node.ts";

/*
 * A worker thread evaluates a pipeline's modules a second time, only to find in it the functions that it is to call. Nobody
 * else wants to know of nodes as they are declared.
 */

/** Who has modules evaluated a second time. */
export interface Reload {
  /** Told of each stage that is declared. */
  declared(node: StageNode): void;
  /** Asked by what is about to run nodes, whether it must not: the first evaluation of the module does that. */
  holdsBack(): boolean;
}

let current: Reload | undefined;

/** From now on, modules that are evaluated in this thread are so for the second time. */
export function beginReload(reload: Reload): void {
  current = reload;
}

/** Tells of a stage, in whichever way it was declared. */
export function noteDeclared(node: StageNode): void {
  current?.declared(node);
}

/** Whether a run that is asked for must not begin, and its caller must wait for ever. */
export function isHeldBack(): boolean {
  return current?.holdsBack() ?? false;
}
