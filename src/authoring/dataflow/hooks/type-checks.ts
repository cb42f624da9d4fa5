import { fail } from "../../../core/failure.ts";
import type { Check } from "../../../core/node.ts";
import { isRecord, kindOf } from "../../declaration.ts";
import { type Conditions, type StandardSchema, testOf } from "../wrappers/conditions.ts";
import type { Hook } from "./hook.ts";
import { requireKnown } from "./known-nodes.ts";

/** What a value must be: what `typeof` says, `"array"`, an instance of a class, or what a schema accepts (Zod and its like). */
export type DeclaredType =
  | "string"
  | "number"
  | "boolean"
  | "bigint"
  | "object"
  | "array"
  | (abstract new (
      ...args: never
    ) => unknown)
  | StandardSchema;

/** The types of nodes and inputs, by name. */
export type DeclaredTypes = Readonly<Record<string, DeclaredType>>;

const typeNames = ["string", "number", "boolean", "bigint", "object", "array"];

/**
 * Checks values at run time: inputs, overrides and results of the nodes that are named, on a hit as well, before anything reads them. An
 * override is also checked by what `checkOutput` says of the node that it replaces. Types that are only written in TypeScript are gone
 * when a program runs: these are checked by `sluice check`.
 *
 * @throws SluiceError `usage`; `unknown-node`, by `build`; `check-failed`, by `execute`
 *
 * @example
 * ```ts
 * import { Driver, typeChecks } from "sluice/dataflow";
 *
 * const features = { double: ({ x }: { x: number }) => x * 2 };
 * const types = typeChecks({ x: "number", double: "number" });
 * const driver = Driver.builder().withModules(features).withHooks(types).build();
 * await driver.execute(["double"], { inputs: { x: 2 } });
 * ```
 */
export function typeChecks(types: DeclaredTypes = {}): Hook {
  if (!isRecord(types)) fail("usage", `typeChecks() needs an object of types by name, not ${kindOf(types)}`);
  for (const [name, type] of Object.entries(types)) checkType(name, type);
  const declared = new Map(Object.entries(types));
  const names = [...declared.keys()];
  return {
    name: "typeChecks",
    checkGraph: ({ nodes, inputs }) =>
      requireKnown(names, [...nodes.map(({ name }) => name), ...inputs], "or input, as typeChecks() says"),
    // Not `checkInput`, which cannot wait for a schema.
    beforeRun: async ({ inputs, overrides, nodes }) => {
      for (const [name, value] of [...Object.entries(inputs), ...Object.entries(overrides)]) {
        await require(name, declared.get(name), value);
      }
      for (const { name, checks } of nodes) {
        if (Object.hasOwn(overrides, name)) await requireChecked(name, checks, overrides[name]);
      }
    },
    afterNode: ({ node: { name }, status, value }) => {
      const type = declared.get(name);
      if (type === undefined || (status !== "hit" && status !== "executed")) return;
      return value().then((given) => require(name, type, given));
    },
  };
}

function checkType(name: string, type: unknown): void {
  const isSchema = type !== null && (typeof type === "object" || typeof type === "function") && "~standard" in type;
  if (isSchema || typeof type === "function" || typeNames.includes(type as string)) return;
  const shown = typeof type === "string" ? JSON.stringify(type) : kindOf(type);
  fail(
    "usage",
    `the type of "${name}" in typeChecks() must be a class, a schema or one of ${typeNames.join(", ")}, not ${shown}`,
  );
}

async function require(node: string, type: DeclaredType | undefined, value: unknown): Promise<void> {
  const wrong = type === undefined ? undefined : await mismatch(type, value);
  if (wrong !== undefined) fail("check-failed", `"${node}" is not of its type: ${wrong}`, { node });
}

async function requireChecked(node: string, checks: readonly Check[], value: unknown): Promise<void> {
  for (const { name, level, test } of checks) {
    const verdict = level === "fail" ? await test(value) : true;
    if (verdict === undefined || verdict === true) continue;
    const why = typeof verdict === "string" ? `: ${verdict}` : "";
    fail("check-failed", `the override of "${node}" does not pass the check "${name}"${why}`, { node });
  }
}

async function mismatch(type: DeclaredType, value: unknown): Promise<string | undefined> {
  if (typeof type === "string") {
    const has = type === "array" ? Array.isArray(value) : typeof value === type && value !== null;
    return has ? undefined : `it is ${kindOf(value)}, not ${/^[ao]/.test(type) ? "an" : "a"} ${type}`;
  }
  if ("~standard" in type) {
    const conditions: Conditions = { schema: () => type };
    return testOf(conditions, value);
  }
  return value instanceof type ? undefined : `it is ${kindOf(value)}, not a ${type.name}`;
}
