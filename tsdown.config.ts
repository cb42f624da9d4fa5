import { defineConfig, type Rolldown } from "tsdown";

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

/**
 * Takes Node's own modules from `process.getBuiltinModule` instead of importing them: for an import Node reads every export
 * of the module, and so loads streams, `fs.promises`, `util.diff` and more that nobody asked for (5 ms at every start).
 * `node:fs/promises` takes 2 ms by itself and has only functions, so each of them asks for it when it is called.
 * Line for line, so that source maps stay right. The names are there in time because a file evaluates before those that
 * import it; two files that import each other would break that, and are refused.
 */
function plainBuiltins(): Rolldown.Plugin {
  const statement = /^import (?:(\w+)(?:, | ))?(?:\{ ([^}]+) \} )?(?:from )?"(node:[\w/]+)";$/gm;
  return {
    name: "plain-builtins",
    renderChunk(code, chunk, _options, { chunks }) {
      const reached = new Set<string>(chunk.imports);
      for (const name of reached) for (const next of chunks[name]?.imports ?? []) reached.add(next);
      if (reached.has(chunk.fileName)) this.error(`${chunk.fileName} imports itself by way of others`);
      if (!code.includes("//#region")) return null;
      // only above the first module, so that code in a text (what `sluice init` writes) is never touched
      const end = code.indexOf("//#region");
      const taken = code.slice(0, end).replace(statement, (_, whole?: string, names?: string, module?: string) => {
        const builtin = `process.getBuiltinModule("${module}")`;
        const parts = names?.split(", ").map((name) => name.split(" as ")) ?? [];
        const later = module === "node:fs/promises" && whole === undefined;
        const constants = [
          ...(whole ? [`${whole} = ${builtin}`] : []),
          ...(later ? parts.map(([name, local = name]) => `${local} = (...args) => ${builtin}.${name}(...args)`) : []),
          ...(!later && parts.length > 0
            ? [`{ ${parts.map((part) => part.join(": ")).join(", ")} } = ${builtin}`]
            : []),
        ];
        return `const ${constants.join(", ")};`;
      });
      return { code: taken + code.slice(end), map: null };
    },
  };
}

export default defineConfig({
  entry: ["src/index.ts", "src/cli.ts"],
  format: "esm",
  platform: "node",
  target: "node24",
  dts: true,
  sourcemap: true,
  clean: true,
  fixedExtension: false,
  plugins: [plainBuiltins()],
  outputOptions: {
    // Types are bundled beside the code, as modules that end in .d.ts: they stay where they are.
    codeSplitting: { groups: [{ name: "engine", test: (id) => /(?<!\.d)\.ts$/.test(id) && !onDemand.test(id) }] },
  },
});
