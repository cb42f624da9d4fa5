import { isWork, type NodeKind } from "../core/node.ts";
import { formatCount, formatDuration, formatNumber } from "../text/quantity.ts";
import { type NodeState, type Picture, type PictureNode, type Role, type Status, statuses } from "./model.ts";

/** What a state is called beside its sign, in a legend. */
export const stateWords: Readonly<Record<Status, string>> = {
  failed: "failed",
  run: "would run",
  executed: "ran",
  maybe: "may run",
  cancelled: "cancelled",
  skipped: "skipped",
  hit: "reused",
};

/** What a node is called beside its icon. */
export function kindWord({ kind, role }: Pick<PictureNode, "kind" | "role">): NodeKind | Role {
  return role ?? kind;
}

/** A state in a few words, with what it took: `ran in 1.2 s`, `code: longest changed`. */
export function describeState(state: NodeState): string {
  return state.items ? `${stateText(state)} · ${describeItems(state.items)}` : stateText(state);
}

/** What became of the items of a map: `12 of 40 reused`. */
export function describeItems({ total, reused, failed }: NonNullable<NodeState["items"]>): string {
  const of = ` of ${formatNumber(total)}`;
  if (failed > 0) return `${formatNumber(failed)}${of} failed`;
  return reused > 0 ? `${formatNumber(reused)}${of} reused` : formatCount(total, "item");
}

function stateText({ status, reasons, durationMs, expectedMs, savedMs }: NodeState): string {
  switch (status) {
    case "run":
    case "maybe": {
      const time = expectedMs === undefined ? [] : [`~${formatDuration(expectedMs)}`];
      return [...time, ...reasons.slice(0, 1)].join(" · ") || stateWords[status];
    }
    case "executed":
      return `ran in ${formatDuration(durationMs ?? 0)}`;
    case "hit":
      return (savedMs ?? 0) >= 0.5 ? `reused · ${formatDuration(savedMs!)}` : "reused";
    case "failed":
      return `failed after ${formatDuration(durationMs ?? 0)}`;
    default:
      return stateWords[status];
  }
}

/** The state as pictures show it: a source that is fine is not called reused. */
export function shownState({ kind, state }: PictureNode): NodeState | undefined {
  return isWork(kind) || state?.status === "failed" ? state : undefined;
}

/** How many there are of each state, what needs attention first: those that are there. */
export function countStates(states: Iterable<NodeState | undefined>): readonly (readonly [Status, number])[] {
  const counts = new Map<Status, number>();
  for (const state of states) if (state) counts.set(state.status, (counts.get(state.status) ?? 0) + 1);
  return statuses.flatMap((status) => (counts.has(status) ? [[status, counts.get(status)!] as const] : []));
}

/** Counts in words: `3 would run, 8 reused`. */
export function describeCounts(counts: readonly (readonly [Status, number])[]): string {
  return counts.map(([status, count]) => `${formatNumber(count)} ${stateWords[status]}`).join(", ");
}

/** What a picture shows, on one line. */
export function describePicture(picture: Picture): string {
  return describeParts(picture).join(" · ");
}

/** The same in parts. */
export function describeParts(picture: Picture): readonly string[] {
  const { nodes, states } = picture;
  const wires = nodes.reduce((sum, { inputs }) => sum + inputs.filter(({ from }) => from !== undefined).length, 0);
  const counts = describeCounts(countStates(nodes.map(shownState)));
  return [
    `${formatCount(nodes.length, "node")}, ${formatCount(wires, "wire")}`,
    ...(counts === "" ? [] : [counts]),
    ...describeStates(states),
  ];
}

function describeStates(states: Picture["states"]): readonly string[] {
  if (!states) return [];
  const saved = states.savedMs >= 0.5 ? [`saves ${formatDuration(states.savedMs)}`] : [];
  if (states.of === "plan") {
    return [...(states.runMs > 0 ? [`${formatDuration(states.runMs)} of work`] : []), ...saved];
  }
  const took = states.durationMs === undefined ? "" : ` in ${formatDuration(states.durationMs)}`;
  const gone =
    states.missing === undefined ? [] : [`wires of ${formatCount(states.missing, "node")} gone with evicted keys`];
  return [`run ${states.runId}: ${states.status ?? "not finished"}${took}`, ...gone];
}
