import type { RunStatus } from "../core/event.ts";
import type { NodeKind } from "../core/node.ts";

/**
 * A graph as pictures of it know it: plain data, the same in the program that draws and in the page that it draws. Every text
 * is safe to show on one line (`description` and `note`: on several).
 */
export interface Picture {
  readonly title: string;
  /** In topological order: a node comes after all that it reads. */
  readonly nodes: readonly PictureNode[];
  /** What the states are those of; absent where the plain structure is drawn. */
  readonly states?: PictureStates;
}

/** States as a run would leave them now, or as a run left them. */
export type PictureStates =
  | { readonly of: "plan"; readonly runMs: number; readonly savedMs: number }
  | {
      readonly of: "run";
      readonly runId: string;
      /** Absent for a run that did not end. */
      readonly status?: RunStatus;
      readonly durationMs?: number;
      readonly savedMs: number;
      /** Nodes of which it is not all known any more what they read: their records have been evicted. */
      readonly missing?: number;
    };

/** What a node is in a dataflow, where that says more than its kind. */
export type Role = "function" | "loader" | "saver" | "input" | "override";

export interface PictureNode {
  readonly name: string;
  readonly kind: NodeKind;
  readonly role?: Role;
  /** What it belongs to: the module of a dataflow, a subdag. */
  readonly group?: string;
  /** What the group belongs to, the outermost first. */
  readonly around?: readonly string[];
  /** What a source is: its path, its patterns, its variable. What a command runs. */
  readonly about?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** Where it was declared: `pipeline.ts:12`, relative to the project. */
  readonly where?: string;
  readonly inputs: readonly PictureInput[];
  /** Nodes of one family were declared alike: members of an exported array or record, or what these read. */
  readonly family?: string;
  readonly state?: NodeState;
}

/** The groups that a node is in, the outermost first. */
export function groupsOf({ around = [], group }: PictureNode): readonly string[] {
  return group === undefined ? [] : [...around, group];
}

export interface PictureInput {
  readonly name: string;
  /** Position in `nodes`; absent for a plain value. */
  readonly from?: number;
}

/** What a run would do with a node, or did with it. */
export type Status = "failed" | "run" | "executed" | "maybe" | "cancelled" | "skipped" | "hit";

/** All of them: what needs attention first. */
export const statuses: readonly Status[] = ["failed", "run", "executed", "maybe", "cancelled", "skipped", "hit"];

export interface NodeState {
  readonly status: Status;
  /** Why it ran or would run, in words. */
  readonly reasons: readonly string[];
  /** How it failed, in words. */
  readonly note?: string;
  /** Milliseconds: what its work took in this run; what it took when it last ran; what a reused result took to make. */
  readonly durationMs?: number;
  readonly expectedMs?: number;
  readonly savedMs?: number;
  readonly key?: string;
  /** For a reused result: the run that made it. */
  readonly madeBy?: string;
  /** Of a map that ran: how many items its list had, and what became of them. */
  readonly items?: { readonly total: number; readonly made: number; readonly reused: number; readonly failed: number };
}
