import type { Failure, Place } from "../../../core/failure.ts";

/** What is wrong with the wiring of a dataflow. */
export interface WiringProblem extends Failure {
  /** The parameter that gets something else than it takes, by name. */
  readonly parameter?: string;
  /** What gives it, and where that is written. */
  readonly giver?: { readonly name: string; readonly where?: Place };
  /** The types, as TypeScript writes them. */
  readonly takes?: string;
  readonly gives?: string;
  /** How TypeScript explains it, with line breaks. */
  readonly explanation?: string;
}

/** What was looked at, and what is wrong with it. */
export interface WiringReport {
  readonly nodes: number;
  readonly inputs: readonly string[];
  /** What may be a mistake. */
  readonly notes: readonly string[];
  /** How many parameters get what a node gives, or something else that is known; and of how many of these both types are known. */
  readonly wires: number;
  readonly typed: number;
  readonly problems: readonly WiringProblem[];
}
