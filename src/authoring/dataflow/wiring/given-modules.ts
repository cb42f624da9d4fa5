import type { Site } from "../../../core/node.ts";
import type { Config } from "../graph/flow-node.ts";
import type { FlowModule } from "../graph/modules.ts";

/** A module with the call that named it. */
export interface GivenModule extends FlowModule {
  /** The call of `withModules`; in no frame where it was named in another way. */
  readonly call: Site;
  /** Which argument of the call it is, from 0. */
  readonly index: number;
}

/** What the nodes of a driver are made of. */
export interface GivenModules {
  readonly modules: readonly GivenModule[];
  /** The calls of `withInputs`; the last one counts. */
  readonly known: readonly Site[];
  readonly config: Config;
  readonly allowOverrides: boolean;
}
