import inspector from "node:inspector";
import { fail } from "../../../core/failure.ts";
import { aBoolean, type OptionRules, strings } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import type { Hook, HookNode } from "./hook.ts";
import { requireKnown } from "./known-nodes.ts";

/** Where the debugger stops. */
export interface DebugOnOptions {
  /** Before the function of a node is called: `inputs` are there. True unless given. */
  readonly before?: boolean;
  /** After a node has ended: `value`, or `failure`, is there; of results that are reused too. False unless given. */
  readonly after?: boolean;
  /** The port that a debugger can attach to, where none is attached yet; 9229 unless given, and 0 for any that is free. */
  readonly port?: number;
}

const rules: OptionRules = {
  before: aBoolean,
  after: aBoolean,
  port: (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) < 65_536 ? undefined : "a port",
};

/**
 * Stops in the debugger at nodes. Where none is attached Node says where one can be (`chrome://inspect`, an editor), on this machine
 * only, and the program waits for it.
 *
 * @param names of nodes
 * @throws SluiceError `usage`; `unknown-node`, by `build`
 *
 * @example
 * ```ts
 * import { Driver, debugOn } from "sluice/dataflow";
 *
 * const features = { double: ({ x }: { x: number }) => x * 2 };
 * Driver.builder().withModules(features).withHooks(debugOn(["double"], { after: true })).build();
 * ```
 */
export function debugOn(names: readonly string[], options: DebugOnOptions = {}): Hook {
  if (strings(names) !== undefined || names.length === 0)
    fail("usage", "debugOn() needs an array of names of nodes first");
  checkNames(options, Object.keys(rules));
  for (const [name, value] of Object.entries(options)) {
    const wanted = value === undefined ? undefined : rules[name]!(value);
    if (wanted !== undefined) fail("usage", `option "${name}" of debugOn() must be ${wanted}`);
  }
  const { before = true, after = false, port } = options;
  if (!before && !after) fail("usage", "debugOn() is to stop neither before a node nor after it");
  const wanted = new Set(names);
  return {
    name: "debugOn",
    checkGraph: ({ nodes }) =>
      requireKnown(
        names,
        nodes.map(({ name }) => name),
        "to stop at, as debugOn() says",
      ),
    ...(before
      ? {
          beforeNode: async ({ node, inputs }) => {
            if (!wanted.has(node.name)) return;
            const values = await inputs();
            attach(port);
            stopBefore(node, values);
          },
        }
      : {}),
    ...(after
      ? {
          afterNode: async ({ node, status, failure, value }) => {
            if (!wanted.has(node.name)) return;
            const given = status === "hit" || status === "executed" ? await value() : undefined;
            attach(port);
            stopAfter(node, status, given, failure);
          },
        }
      : {}),
  };
}

/** Waits for a debugger, unless there is one. */
function attach(port: number | undefined): void {
  if (inspector.url() !== undefined) return;
  inspector.open(port, "127.0.0.1", true);
}

/** What is here can be looked at: `inputs` is what the function of the node will get. */
function stopBefore(node: HookNode, inputs: Readonly<Record<string, unknown>>): void {
  // biome-ignore lint/suspicious/noDebugger: it is what this is for
  debugger;
  void [node, inputs];
}

/** What is here can be looked at: `value` is what the node gave. */
function stopAfter(node: HookNode, status: string, value: unknown, failure: unknown): void {
  // biome-ignore lint/suspicious/noDebugger: it is what this is for
  debugger;
  void [node, status, value, failure];
}
