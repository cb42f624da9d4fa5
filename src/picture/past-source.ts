import type { GraphNode } from "../core/graph.ts";
import type { RunRecord } from "../metadata/metadata.ts";
import type { PastGraph } from "../run/explain/past-graph.ts";
import type { NodeRemarks, PictureSource } from "./picture.ts";
import { statesOfRun } from "./states.ts";

/** A run that is over, and what is to be drawn of it. */
export interface PastParts {
  readonly title: string;
  readonly run: RunRecord;
  readonly past: PastGraph;
  /** Those of its nodes that are drawn; all unless given. */
  readonly nodes?: readonly GraphNode[];
  /** What is known of nodes beside what is recorded of the run. */
  readonly more?: (node: GraphNode) => NodeRemarks;
}

/** How a run ended, on the graph that it had. */
export function pastSource({ title, run, past, nodes = past.graph.nodes, more }: PastParts): PictureSource {
  const { outcomes, previews } = past;
  const unknown = new Set(past.unknown);
  const states = statesOfRun(run, outcomes);
  const missing = nodes.filter(({ name }) => unknown.has(name)).length;
  return {
    title,
    nodes,
    // no place is known, so none is told from here
    root: "/",
    states: { ...states.states, ...(missing === 0 ? {} : { missing }) },
    stateOf: (node) => {
      const state = states.stateOf(node);
      return state && unknown.has(node.name) ? { ...state, reasons: [...state.reasons, goneText] } : state;
    },
    more: (node) => {
      const about = previews.get(node.name);
      return { ...(about === undefined ? {} : { about }), ...more?.(node) };
    },
  };
}

const goneText = "what it read is not all known any more: its record is gone";
