import { createRequire } from "node:module";
import { languageOf } from "../load/module-path.ts";
import type { Specifier } from "./module-summary.ts";

/** The modules that a source names, found without walking its syntax: for one that is nested too deeply to be walked. */
export function requestsIn(file: string, source: string): readonly Specifier[] {
  const { parseSync } = createRequire(import.meta.url)("oxc-parser") as typeof import("oxc-parser");
  const lang = languageOf(file);
  const { module } = parseSync(file, source, lang && lang !== "json" ? { lang } : {});
  const imported = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => quoted(source.slice(start, end))),
  ];
  const required = [...source.matchAll(/\brequire\s*\(\s*("[^"\n]*"|'[^'\n]*')\s*\)/g)].flatMap(([, text]) =>
    quoted(text!),
  );
  return [
    ...[...new Set(imported)].map((specifier) => ({ specifier, kind: "import" as const })),
    ...[...new Set(required)].map((specifier) => ({ specifier, kind: "require" as const })),
  ];
}

/** What stands between quotes; nothing for what is computed. */
function quoted(text: string): readonly string[] {
  const match = /^(["'`])([^\\$]*)\1$/.exec(text.trim());
  return match ? [match[2]!] : [];
}
