import type { GivesStandIns } from "./hook.ts";

type StandInsOf<H> = H extends GivesStandIns<infer StandIn> ? (unknown extends StandIn ? never : StandIn) : never;

/** What nodes give where hooks have something stand in for those that fail. */
export type WithStandIns<Nodes, Hooks extends readonly unknown[]> = [StandInsOf<Hooks[number]>] extends [never]
  ? Nodes
  : { [Name in keyof Nodes]: Nodes[Name] | StandInsOf<Hooks[number]> };
