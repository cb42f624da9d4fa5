import { readFileSync } from "node:fs";
import path from "node:path";
import { defineConfig } from "tsdown";
import { asciiOnly } from "./build/ascii-only.ts";
import { finishedPageScript } from "./build/finished-page-script.ts";
import { importsWithoutPointers } from "./build/imports-without-pointers.ts";
import { plainBuiltins } from "./build/plain-builtins.ts";
import { scripts } from "./build/scripts.ts";

/*
 * Each file that Node loads costs it about as much as twenty nodes of a pipeline, and so do a hundred kilobytes that nobody
 * needs. So there are two bundles beside what only some commands load: what a run takes that turns out to have nothing to do,
 * and what it takes besides to load a pipeline and to run it; and one of what finds versions of code, which most runs know.
 */

/** Where what is called to find versions begins, which most runs have by heart: it is loaded when one of these is called. */
const late = new Set(
  [
    "src/analyse/fresh-versions.ts",
    "src/analyse/calls/call-site.ts",
    "src/analyse/load/transform.ts",
    "src/analyse/syntax/analysed-module.ts",
    "src/analyse/syntax/function-syntax.ts",
    "src/analyse/syntax/module-requests.ts",
    "src/analyse/syntax/summarise.ts",
  ].map(absolute),
);
const start = reachable([
  "src/commands/main.ts",
  "src/commands/run.ts",
  "src/authoring/find-pipeline.ts",
  "src/run/open-store.ts",
  "src/run/memory/run-memory.ts",
  "src/run/memory/recall.ts",
  "src/commands/run-report.ts",
  "src/report/json.ts",
]);
const load = reachable(["src/platform/own-scripts.ts"]);
const engine = reachable([
  "src/run/open.ts",
  "src/authoring/pipeline.ts",
  "src/authoring/stage.ts",
  "src/authoring/param.ts",
  "src/authoring/file.ts",
  "src/run/run.ts",
  "src/run/make/stage-output.ts",
  "src/run/node-names.ts",
  // What stages that run need nearly always, and what a pipeline's own `import "sluice"` leads to.
  "src/store/formats/auto.ts",
  "src/metadata/local-leases.ts",
  ...importedBy("src/index.ts"),
]);
const analysisName = "analysis";
const analysis = reachable([...late]);
/** What a run takes besides in which a map goes over its items. */
const map = reachable(["src/run/map/make-map.ts", "src/store/formats/list.ts"]);

/** The files that these load at once: those that they import other than by a call of `import()`, and so on. */
function reachable(entries: readonly string[]): ReadonlySet<string> {
  const files = new Set(entries.map(absolute));
  for (const file of files) for (const each of importedBy(file)) if (!late.has(each)) files.add(each);
  return files;
}

function absolute(file: string): string {
  return path.resolve(import.meta.dirname, file);
}

/** The files that one imports other than by a call of `import()`. */
function importedBy(file: string): string[] {
  const importer = absolute(file);
  const imports = readFileSync(importer, "utf8").matchAll(/^(?:im|ex)port (?!type )[^;]*?from "(\..*)";$/gm);
  return [...imports].map(([, from]) => path.resolve(path.dirname(importer), from!));
}

export default defineConfig({
  entry: {
    load: "src/platform/own-scripts.ts",
    index: "src/index.ts",
    cache: "src/cache/index.ts",
    dataflow: "src/authoring/dataflow/index.ts",
    cli: "src/cli.ts",
    "thread-start": "src/run/threads/thread-start.ts",
    "thread-stage": "src/authoring/dataflow/driver/thread-stage.ts",
  },
  format: "esm",
  platform: "node",
  target: "node24",
  dts: true,
  sourcemap: true,
  clean: true,
  fixedExtension: false,
  plugins: [
    finishedPageScript(),
    plainBuiltins([analysisName]),
    asciiOnly(),
    importsWithoutPointers(),
    scripts([analysisName]),
  ],
  // What is loaded when it is used is in a bundle all the same where most runs use it, and types have no maps.
  inputOptions: {
    // what the engine gives to others may make a file of its own give more; users have what the entries name (test/build/built-package.test.ts)
    preserveEntrySignatures: "allow-extension",
    checks: { ineffectiveDynamicImport: false, pluginTimings: false, sourcemapBroken: false },
  },
  outputOptions: {
    // in the types they stay; V8 need not read them, nor the inspector hash them
    comments: { jsdoc: false, legal: true, annotation: true },
    // Types are bundled beside the code, as modules that end in .d.ts: they stay where they are.
    codeSplitting: {
      groups: [
        { name: "loader", test: (id) => load.has(id), priority: 3 },
        { name: "start", test: (id) => start.has(id), priority: 2 },
        // What it loads late is not in it, though it is what it imports.
        { name: "engine", test: (id) => engine.has(id), priority: 1, includeDependenciesRecursively: false },
        { name: analysisName, test: (id) => analysis.has(id) },
        { name: "map", test: (id) => map.has(id) },
      ],
    },
  },
});
