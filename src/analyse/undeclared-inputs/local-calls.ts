import type { AnalysedModule } from "../syntax/analysed-module.ts";
import type { Call } from "../syntax/scope.ts";
import type { Node } from "../syntax/syntax.ts";

/** The calls of functions that only their own module can call, and only by their name. */
export class LocalCalls {
  readonly #calls = new Map<number, readonly Call[]>();

  constructor({ scopes, parsed }: AnalysedModule) {
    const exported = new Set(scopes.exported);
    for (const statement of parsed.program.body) {
      if (!/^Export/.test(statement.type)) continue;
      for (const binding of scopes.scope.bindings.values()) {
        if (statement.start <= binding.offset && binding.offset < statement.end) exported.add(binding.name);
      }
    }
    const byBinding = Map.groupBy(
      scopes.calls.filter(({ callee }) => callee.kind === "name" && callee.depth === 0),
      ({ callee }) => (callee.kind === "name" ? callee.reference.binding : undefined),
    );
    const uses = Map.groupBy(scopes.references, ({ binding }) => binding);
    for (const [binding, calls] of byBinding) {
      if (!binding?.fn || binding.writes > 0 || (binding.scope.isModule && exported.has(binding.name))) continue;
      if (uses.get(binding)?.length === calls.length) this.#calls.set(binding.fn.start, calls);
    }
  }

  /** What each call gives for a parameter of the function that starts there; undefined where that is not all. */
  argumentsFor(fn: number, index: number): readonly Node[] | undefined {
    const calls = this.#calls.get(fn);
    const given = calls?.flatMap(({ args }) => {
      const at = args.slice(0, index + 1);
      return at.length <= index || at.some(({ type }) => type === "SpreadElement") ? [] : [at[index]!];
    });
    return given && given.length === calls!.length ? given : undefined;
  }
}
