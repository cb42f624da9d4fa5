import type { CompileOptions } from "../load/compiler-settings.ts";
import type { ParsedModule } from "./syntax.ts";

/** What an element of JSX compiles to: a call of a name in scope, or of an import that nobody wrote. */
export interface JsxTarget {
  readonly factory?: string;
  readonly fragment?: string;
  readonly runtime?: string;
}

/** What the settings, and the comments of a module, say about its JSX. */
export function jsxOf({ comments }: ParsedModule, options: CompileOptions): JsxTarget {
  const pragma = (name: string): string | undefined => {
    for (const { value } of comments) {
      const found = new RegExp(`@${name}\\s+([^\\s*]+)`).exec(value)?.[1];
      if (found) return found;
    }
    return undefined;
  };
  const source = pragma("jsxImportSource") ?? options.jsxImportSource ?? "react";
  const runtime = pragma("jsxRuntime");
  const automatic = runtime
    ? runtime === "automatic"
    : options.jsx === "automatic" || pragma("jsxImportSource") !== undefined;
  if (automatic) return { runtime: `${source}/${options.jsxDev ? "jsx-dev-runtime" : "jsx-runtime"}` };
  const root = (name: string): string => name.split(".")[0]!;
  return {
    factory: root(pragma("jsx") ?? options.jsxFactory ?? "React"),
    fragment: root(pragma("jsxFrag") ?? options.jsxFragmentFactory ?? "React"),
  };
}
