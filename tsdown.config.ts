import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { defineConfig, type Rolldown } from "tsdown";

/*
 * Each file that Node loads costs it about as much as twenty nodes of a pipeline, and so do a hundred kilobytes that nobody
 * needs. So there are two bundles beside what only some commands load: what a run takes that turns out to have nothing to do,
 * and what it takes besides to load a pipeline and to run it.
 */
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
  "src/metadata/claims.ts",
  ...importedBy("src/index.ts"),
]);
/** What a run takes besides in which a map goes over its items. */
const map = reachable(["src/run/map/make-map.ts", "src/store/formats/list.ts"]);

/** The files that these load at once: those that they import other than by a call of `import()`, and so on. */
function reachable(entries: readonly string[]): ReadonlySet<string> {
  const files = new Set(entries.map((entry) => path.resolve(import.meta.dirname, entry)));
  for (const file of files) for (const imported of importedBy(file)) files.add(imported);
  return files;
}

/** The files that one imports other than by a call of `import()`. */
function importedBy(file: string): string[] {
  const importer = path.resolve(import.meta.dirname, file);
  const imports = readFileSync(importer, "utf8").matchAll(/^(?:im|ex)port (?!type )[^;]*?from "(\..*)";$/gm);
  return [...imports].map(([, from]) => path.resolve(path.dirname(importer), from!));
}

/**
 * Takes Node's own modules from `process.getBuiltinModule` instead of importing them: for an import Node reads every export
 * of the module, and so loads streams, `fs.promises`, `util.diff` and more that nobody asked for (5 ms at every start).
 * `node:fs/promises` and `node:zlib` take 2 ms each, and only functions are imported of them, so each of these asks for its
 * module when it is called.
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
        const later = ["node:fs/promises", "node:zlib"].includes(module!) && whole === undefined;
        const constants = [
          ...(whole ? [`${whole} = ${builtin}`] : []),
          ...(later ? parts.map(([name, local = name]) => `${local} = (...args) => ${builtin}.${name}(...args)`) : []),
          ...(!later && parts.length > 0
            ? [`{ ${parts.map((part) => part.join(": ")).join(", ")} } = ${builtin}`]
            : []),
        ];
        return `const ${constants.join(", ")};`;
      });
      return { code: (chunk.name === "start" ? oldNode : "") + taken + code.slice(end), map: null };
    },
  };
}

/** What a program that imports Sluice is told by an old Node; `start` is evaluated before all that needs a new one. */
const oldNode =
  'if (parseInt(process.versions.node) < 24) throw new Error("Sluice needs Node 24 or newer, and this is Node " + ' +
  'process.versions.node + " (" + process.execPath + ")");';

/**
 * A module that is in the same bundle as who loads it later is there already, and one in another bundle comes with that. Rolldown
 * makes a file of its own for each of them all the same, which says no more than where the module is, and which Node takes half a
 * millisecond to load.
 */
function importsWithoutPointers(): Rolldown.Plugin {
  const exportedNames = (code: string): ReadonlyMap<string, string> => {
    const list = /^export \{ ([^}]+) \};$/m.exec(code)?.[1] ?? "";
    return new Map(
      list
        .split(", ")
        .map((entry) => entry.split(" as "))
        .map(([local, name]) => [name ?? local!, local!]),
    );
  };
  const pointer = /^import \{ ([^}]+) \} from "(\.\/[\w.-]+)";\n+export \{ ([^}]+) \};\n*$/;
  return {
    name: "imports-without-pointers",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk" || !["start", "engine", "map"].includes(chunk.name)) continue;
        const own = exportedNames(chunk.code);
        // functions beside all others: where they are called, a local name may stand for something else
        const there = new Map<string, string>();
        const code = chunk.code.replace(/\bimport\("\.\/([\w.-]+)"\)/g, (whole, file: string) => {
          const target = bundle[file];
          const found = target?.type === "chunk" ? pointer.exec(target.code) : null;
          if (!found) return whole;
          const isOwn = found[2] === `./${chunk.fileName}`;
          const taken = exportedNames(`export { ${found[1]} };`);
          const members = [...exportedNames(`export { ${found[3]} };`)].map(([name, local]) => {
            const exported = taken.get(local)!;
            return `${name}: ${isOwn ? own.get(exported) : `bundle.${exported}`}`;
          });
          const name = `${isOwn ? "within" : "from"}_${file.replaceAll(/\W/g, "_")}`;
          const load = isOwn ? "" : `const bundle = await import("${found[2]}"); `;
          there.set(name, `async function ${name}() { ${load}return { ${members.join(", ")} }; }`);
          return `${name}()`;
        });
        chunk.code = code.replace(/^export \{/m, `${[...there.values()].join("\n")}\n$&`);
      }
    },
  };
}

/**
 * One character that is not ASCII makes Node keep the whole file with two bytes for each: half a megabyte takes it 3 ms longer to
 * read and to compile. All of them are in texts and comments, where an escape means the same.
 */
function asciiOnly(): Rolldown.Plugin {
  return {
    name: "ascii-only",
    // After Rolldown has printed the code: it would take escapes out again.
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk" || !chunk.fileName.endsWith(".js")) continue;
        chunk.code = chunk.code.replace(
          /[^\0-\x7f]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
      }
    },
  };
}

/** The script of the page that `sluice graph` makes, bundled now: so nothing is bundled where the package is used. */
function finishedPageScript(): Rolldown.Plugin {
  return {
    name: "finished-page-script",
    async load(id) {
      if (!id.endsWith("/picture/page/script.ts")) return null;
      const { pageScript } = (await import(pathToFileURL(id).href)) as typeof import("./src/picture/page/script.ts");
      return `export async function pageScript() { return ${JSON.stringify(await pageScript())}; }`;
    },
  };
}

export default defineConfig({
  entry: {
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
  plugins: [finishedPageScript(), plainBuiltins(), asciiOnly(), importsWithoutPointers()],
  outputOptions: {
    // Types are bundled beside the code, as modules that end in .d.ts: they stay where they are.
    codeSplitting: {
      groups: [
        { name: "start", test: (id) => start.has(id), priority: 2 },
        { name: "engine", test: (id) => engine.has(id), priority: 1 },
        { name: "map", test: (id) => map.has(id) },
      ],
    },
  },
});
