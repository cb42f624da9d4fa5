import { isBuiltin } from "node:module";

/**
 * Where a value comes from, as a path of properties: `["global", "process", "env"]`, `["node:fs", "readFile"]`,
 * `["module", FILE, "now"]` for an export of a module of the user's, `["meta", "env"]` for `import.meta.env`, `["sluice",
 * "stage"]`. A property that cannot be told is `*`.
 */
export type Origin = readonly string[];

/** Names of the object that holds all globals. */
const globalObjects = new Set(["globalThis", "global", "window", "self"]);

/** The origin of a built-in module; `fs` and `node:fs` are one. */
export function builtinOrigin(specifier: string): Origin | undefined {
  if (!isBuiltin(specifier)) return undefined;
  return normalised([specifier.startsWith("node:") ? specifier : `node:${specifier}`]);
}

export function globalOrigin(name: string): Origin {
  return normalised(["global", name]);
}

/** One property further. */
export function memberOrigin(origin: Origin, member: string | undefined): Origin {
  return normalised([...origin, member ?? "*"]);
}

/** The same thing has one origin, by whatever name it is reached. */
function normalised(origin: Origin): Origin {
  const [root = "", first, ...rest] = origin;
  if (root === "global") {
    if (first === "process" && rest[0] === "default") return ["global", "process", ...rest.slice(1)];
    return first !== undefined && globalObjects.has(first) ? ["global", ...rest] : origin;
  }
  if (!root.startsWith("node:")) return origin;
  if (first === "default") return normalised([root, ...rest]);
  if (root.endsWith("/promises")) return [root.slice(0, -"/promises".length), ...origin.slice(1)];
  if (first === "promises") return [root, ...rest];
  if (root === "node:process") return ["global", "process", ...origin.slice(1)];
  if (root === "node:perf_hooks" && first === "performance") return ["global", "performance", ...rest];
  if (root === "node:crypto" && first === "webcrypto") return ["global", "crypto", ...rest];
  return origin;
}
