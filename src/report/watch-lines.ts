import { formatCount } from "../text/quantity.ts";
import { sanitize } from "../text/sanitize.ts";
import type { Style } from "./style.ts";

/** Names that are told of one change. */
const shown = 3;

/** Said while nothing runs. */
export function waitingLine(files: number, style: Style): string {
  return style.dim(`waiting for changes (${formatCount(files, "file")})`);
}

/** Said when a change is about to be run. */
export function changedLine(names: readonly string[], style: Style): string {
  return `${style.bold("changed:")} ${listed(names)}`;
}

/** Said of stages that a change does not concern. */
export function goingOnLine(nodes: readonly string[], style: Style): string {
  return style.dim(`going on: ${listed(nodes)}`);
}

function listed(names: readonly string[]): string {
  const first = names.slice(0, shown).map(sanitize).join(", ");
  return names.length > shown ? `${first} and ${names.length - shown} more` : first;
}
