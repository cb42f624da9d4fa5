/*
 * Loads a module as a process of its own, and says what came of it:
 *   node loading-process.ts FILE CACHE [--versions] [--expect FILE DIGEST]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createAnalyser } from "../../src/analyse/analyser.ts";
import { importModule, loadedModules } from "../../src/analyse/load/loader.ts";
import { failureOf } from "../../src/core/failure.ts";
import { definitionOf } from "../../src/core/node.ts";

const [file = "", cache = "", ...rest] = process.argv.slice(2);
mkdirSync(cache, { recursive: true });
const entry = (kind: string, key: string): string => path.join(cache, `${kind}-${key}`);
const derived = {
  get: (kind: string, key: string) => (existsSync(entry(kind, key)) ? readFileSync(entry(kind, key)) : undefined),
  put: (kind: string, key: string, value: Uint8Array) => writeFileSync(entry(kind, key), value),
};

const expected = rest.indexOf("--expect");
if (expected >= 0) loadedModules.expect(rest[expected + 1]!, rest[expected + 2]!);

const report: Record<string, unknown> = {};
try {
  const exported = await importModule(file, { derived });
  report.exports = await settled(exported);
  if (rest.includes("--versions")) report.versions = versions(exported);
} catch (error) {
  const failure = failureOf(error);
  report.failure = failure ? { ...failure, cause: undefined } : { bug: String((error as Error).stack) };
}
await Promise.resolve();
const loaded = Object.keys(createRequire(import.meta.url).cache);
report.heavy = loaded.filter((name) => /[\\/](?:esbuild|oxc-parser|oxc-resolver|get-tsconfig)[\\/]/.test(name));
process.stdout.write(`\n@@${JSON.stringify(report)}`);

/** The exports as JSON, nodes and functions by what they are; promises and functions named `lazy` by what they give. */
async function settled(exported: Record<string, unknown>): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(exported)) {
    const given = name.startsWith("lazy") && typeof value === "function" ? await value() : await value;
    values[name] = definitionOf(given) ? "node" : typeof given === "function" ? "function" : given;
  }
  return values;
}

function versions(exported: Record<string, unknown>): Record<string, unknown> {
  const analyser = createAnalyser({ root: path.dirname(file), modules: loadedModules, derived });
  const found: Record<string, unknown> = {};
  const nodes = Object.entries(exported).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((item, i) => [`${name}[${i}]`, item] as const) : [[name, value] as const],
  );
  for (const [name, value] of nodes) {
    const node = definitionOf(value);
    if (node?.kind !== "stage") continue;
    try {
      const { digest, parts, warnings } = analyser.versionOf(node.site, [1, [2, "check"]]);
      const where = analyser.originalPlace(node.site()[0]!);
      found[name] = {
        digest,
        parts: parts.map(({ file: at, name: of }) => `${at ?? ""}#${of}`),
        warnings: warnings.map(({ message }) => message),
        place: `${where.line}:${where.column}`,
      };
    } catch (error) {
      found[name] = failureOf(error) ?? String((error as Error).stack);
    }
  }
  return found;
}
