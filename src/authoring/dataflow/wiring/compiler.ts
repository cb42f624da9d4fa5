import { createRequire } from "node:module";
import path from "node:path";
import { fail } from "../../../core/failure.ts";

/** TypeScript as a program uses it. */
export type Compiler = typeof import("typescript");

const hint = "npm install --save-dev typescript@6";

/**
 * The TypeScript of a project, which need not have one.
 * @param root absolute path of the project's folder
 * @throws SluiceError `usage` where there is none, or one without what is needed, with what to install
 */
export function compilerOf(root: string): Compiler {
  const require = createRequire(path.join(root, "package.json"));
  let found: Partial<Compiler>;
  try {
    found = require("typescript") as Partial<Compiler>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // The package may be there and export nothing that can be called.
    if (code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return without(versionIn(require));
    if (code !== "MODULE_NOT_FOUND" || !message.includes("'typescript'")) throw error;
    return fail("usage", "types are checked by TypeScript, which this project does not have", { hint, cause: error });
  }
  const version = found.version ?? versionIn(require);
  if (typeof found.createProgram !== "function") return without(version);
  if (Number.parseInt(version, 10) >= 5) return found as Compiler;
  return fail("usage", `types are checked by TypeScript 5 or later, and this project has ${version}`, { hint });
}

function without(version: string): never {
  return fail("usage", `TypeScript ${version} cannot be called by other programs yet, so it checks no types for them`, {
    hint: `use one that can: ${hint}; the other can stay under a name of its own`,
  });
}

function versionIn(require: NodeJS.Require): string {
  try {
    return String((require("typescript/package.json") as { readonly version?: unknown }).version);
  } catch {
    return "of this project";
  }
}
