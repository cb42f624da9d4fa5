import type { Captured, SiteArgument } from "../calls/call-site.ts";
import type { ProgramModule } from "../program/program.ts";
import { freeNamesOf } from "../syntax/function-syntax.ts";
import type { AnyFunction } from "./captured-data.ts";
import type { FunctionView } from "./captured-scopes.ts";

/** A variable that was found. */
export interface FoundVariable {
  readonly value: unknown;
}

/** A captured variable as the function sees it; undefined where the engine does not lead to it. */
export function findVariable(
  entry: Captured,
  { code, module, value: fn }: { readonly code: SiteArgument; readonly module: ProgramModule; readonly value: unknown },
  { scopes, inModule }: FunctionView,
): FoundVariable | undefined {
  if (entry.name === "this" || entry.name === "new.target") return undefined;
  const name = entry.shared ? nameNow(entry, code, fn as AnyFunction, scopes) : entry.name;
  if (name === undefined) return undefined;
  // The outermost local scope of CommonJS is that of the module, and the engine keeps no variable that nobody uses.
  const isTop = !inModule && scopes.findIndex((scope) => name in scope) === scopes.length - 1;
  if (isTop && declares(module, name)) return undefined;
  const found = lookUp(scopes, name);
  return found && name === "arguments" ? { value: [...(found.value as Iterable<unknown>)] } : found;
}

/** What a variable is called in the code as it runs: a compiler keeps apart by number those of one name. */
function nameNow(
  { name, direct }: Captured,
  { captured }: SiteArgument,
  fn: AnyFunction,
  scopes: readonly object[],
): string | undefined {
  // Another function uses it, whose names are not to be had.
  if (!direct) return undefined;
  const free = freeNamesOf(Function.prototype.toString.call(fn));
  if (!free || free.has(name)) return free && name;
  const numbered = [...free].filter(
    (other) =>
      other.startsWith(name) &&
      /^\d+$/.test(other.slice(name.length)) &&
      !captured.some((each) => each.name === other) &&
      scopes.some((scope) => other in scope),
  );
  return numbered.length === 1 ? numbered[0] : undefined;
}

function declares({ summary, units }: ProgramModule, name: string): boolean {
  return Object.hasOwn(summary.imports, name) || units.some(({ unit }) => unit.declares.includes(name));
}

/** The value of a variable in the innermost scope that has it; undefined where none has, or where it has none yet. */
export function lookUp(scopes: readonly object[], name: string): FoundVariable | undefined {
  const scope = scopes.find((each) => name in each);
  if (!scope) return undefined;
  try {
    return { value: (scope as Record<string, unknown>)[name] };
  } catch (error) {
    // A variable before its declaration has run, for the function as well.
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}
