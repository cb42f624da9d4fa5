import { defineConfig } from "tsdown";

/**
 * What a run in which nothing changed needs goes into one file, because each file that Node loads costs it about as much as
 * twenty nodes. What only some runs need stays apart and is loaded then.
 */
const onDemand = new RegExp(
  [
    "/src/(index|cli)\\.ts$",
    "/src/authoring/(default-project|project|targets|export-names)\\.ts$",
    "/src/commands/(?!main|run\\.|project|settings|command\\.|options|parse|terminal|catalogue|print|interruption)",
    "/src/report/(json|preview|value-json|graph-text|explanation|plan-text|log-file|rows|table)\\.ts$",
    "/src/run/(explain|show|source-files|file-match|file-tree)\\.ts$",
    "/src/store/(memory-|formats/(?!auto))",
    "/src/metadata/(memory-|socket-leases|leases/|claims)",
    "/src/analyse/(normal-form|scope|scope-walker|summarise|syntax|transform|purity|unit-syntax|call-effects|source-map)",
    "node_modules",
  ].join("|"),
);

export default defineConfig({
  entry: ["src/index.ts", "src/cli.ts"],
  format: "esm",
  platform: "node",
  target: "node24",
  dts: true,
  sourcemap: true,
  clean: true,
  fixedExtension: false,
  outputOptions: {
    codeSplitting: { groups: [{ name: "engine", test: (id) => !onDemand.test(id) && !id.startsWith("\0") }] },
  },
});
