import { fail } from "../../../core/failure.ts";
import { type Behaviour, isStage } from "../../../core/node.ts";
import type { CacheOptions, NodeList } from "../caching/cache-options.ts";
import type { Dataflow } from "../graph/dataflow.ts";
import { type AnyNode, isJoined, type JoinedNode } from "../graph/flow-node.ts";
import type { NodeUse } from "./stage-of.ts";

const lists = ["default", "recompute", "ignore", "disable"] as const;

/** How each node and input of a driver uses the cache, by what is said closest to the run. */
export class Behaviors {
  readonly #dataflow: Dataflow;
  readonly #options: CacheOptions | undefined;
  readonly #listed: ReadonlyMap<string, Behaviour>;
  readonly #all: Behaviour | undefined;

  /**
   * @param options absent where a driver does not cache
   * @throws SluiceError `unknown-node` for a name in a list that is neither a node nor an input, `usage` for lists that contradict
   *   each other
   */
  constructor(dataflow: Dataflow, options: CacheOptions | undefined) {
    this.#dataflow = dataflow;
    this.#options = options;
    this.#all = options && allOf(options);
    this.#listed = options ? listed(dataflow, options) : new Map();
  }

  /** What a node or an input is said to do. */
  of(name: string): Behaviour {
    if (!this.#options) return "disable";
    const node = this.#dataflow.nodes.get(name);
    if (!node) return this.#listed.get(name) ?? "default";
    if (isJoined(node))
      return this.#listed.get(name) ?? (this.#all === "ignore" ? undefined : this.#all) ?? declaredOf(node);
    return this.#listed.get(name) ?? this.#all ?? ownOf(node) ?? this.#defaultOf(node);
  }

  /** How the engine has a node use the cache. */
  useOf(name: string): NodeUse {
    const behavior = this.of(name);
    const node = this.#dataflow.nodes.get(name);
    if (behavior === "default" && node && this.#isOutside(name, node)) return "outside";
    if (behavior !== "disable" || !this.#options) return behavior;
    // Only what somebody disabled keeps its consumers from being reused; opting in to caching is no such thing.
    const isSaid = this.#listed.has(name) || this.#all !== undefined || node === undefined || this.#isSaidOf(node);
    return isSaid ? behavior : "unrecorded";
  }

  /** Whether a node is a loader or a saver of which nothing is said: reused by what it says that it reads or writes, if it does. */
  #isOutside(name: string, node: AnyNode): boolean {
    if (isJoined(node) || node.role === undefined || node.isSeen) return false;
    return !this.#listed.has(name) && this.#all === undefined && !this.#isSaidOf(node);
  }

  #isSaidOf(node: AnyNode): boolean {
    if (ownOf(node)) return true;
    const { defaultLoaderBehavior, defaultSaverBehavior } = this.#options!;
    const role = isJoined(node) ? undefined : node.role;
    return (
      (role === "loader" && defaultLoaderBehavior !== undefined) ||
      (role === "saver" && defaultSaverBehavior !== undefined)
    );
  }

  /** Whether all nodes and inputs are cached as usual, but for those that say otherwise themselves. */
  get isDefault(): boolean {
    const { defaultBehavior = "default" } = this.#options ?? { defaultBehavior: "disable" };
    return defaultBehavior === "default" && this.#all === undefined && this.#listed.size === 0;
  }

  /** Whether nothing at all is read from the cache or written to it. */
  get isOff(): boolean {
    return !this.#options || this.#all === "disable";
  }

  /** Of nodes of a pipeline, those that run whatever the cache holds. */
  recomputed(names: Iterable<string>): readonly string[] {
    return [...names].filter((name) => {
      const node = this.#dataflow.nodes.get(name);
      return node !== undefined && isJoined(node) && isStage(node.definition) && this.of(name) === "recompute";
    });
  }

  /** What keys see of a value that is given for an input, or in place of a node, where that is not its version. */
  ofGiven(name: string): "ignore" | "disable" | undefined {
    if (!this.#options) return undefined;
    const use = this.useOf(name);
    return use === "ignore" || use === "disable" ? use : undefined;
  }

  #defaultOf(node: AnyNode): Behaviour {
    const { defaultBehavior = "default", defaultLoaderBehavior, defaultSaverBehavior } = this.#options!;
    const role = isJoined(node) ? undefined : node.role;
    if (role === "loader" && defaultLoaderBehavior) return defaultLoaderBehavior;
    // Opting in to caching is no reason for not having written.
    if (role === "saver") return defaultSaverBehavior ?? (defaultBehavior === "default" ? "default" : "recompute");
    return defaultBehavior;
  }
}

/** What the node itself says, by its wrapper or its declaration. */
function ownOf(node: AnyNode): Behaviour | undefined {
  return isJoined(node) ? declaredOf(node) : node.settings.behavior;
}

function declaredOf({ definition }: JoinedNode): Behaviour {
  return isStage(definition) ? definition.cache : "default";
}

function allOf(options: CacheOptions): Behaviour | undefined {
  const given = lists.filter((list) => options[list] !== undefined);
  const all = given.filter((list) => options[list] === true);
  const others = given.filter((list) => list !== all[0] && !isEmpty(options[list]));
  if (all.length > 0 && others.length > 0) {
    fail("usage", `withCache() says "${all[0]}" of all nodes, and "${others[0]}" of some`, {
      hint: `list the nodes of "${all[0]}", or say it by defaultBehavior: "${all[0]}"`,
    });
  }
  return all[0];
}

function isEmpty(list: NodeList | undefined): boolean {
  return list === false || (Array.isArray(list) && list.length === 0);
}

function listed(dataflow: Dataflow, options: CacheOptions): ReadonlyMap<string, Behaviour> {
  const found = new Map<string, Behaviour>();
  for (const list of lists) {
    const names = options[list];
    if (names === undefined || typeof names === "boolean") continue;
    for (const name of names) {
      dataflow.check(name, `node or input to ${list}, as withCache() says:`);
      const node = dataflow.nodes.get(name);
      if (node && isJoined(node) && list !== "recompute" && list !== declaredOf(node)) {
        fail("usage", `"${name}" is a node of a pipeline, and withCache() says "${list}" of it`, {
          node: name,
          hint: `say it where it is declared: { cache: "${list}" }`,
        });
      }
      const other = found.get(name);
      if (other !== undefined && other !== list) {
        fail("usage", `withCache() says both "${other}" and "${list}" of "${name}"`, {
          node: name,
          hint: "name it in one of the lists",
        });
      }
      found.set(name, list);
    }
  }
  return found;
}
