import type { Rolldown } from "tsdown";

/**
 * Takes Node's own modules from `process.getBuiltinModule` instead of importing them: for an import Node reads every export
 * of the module, and so loads streams, `fs.promises`, `util.diff` and more that nobody asked for (5 ms at every start).
 * `node:fs/promises` and `node:zlib` take 2 ms each, and only functions are imported of them, so each of these asks for its
 * module when it is called.
 * Line for line, so that source maps stay right. The names are there in time because a file evaluates before those that
 * import it; two files that import each other would break that, and are refused.
 * @param late names of chunks that are loaded when one of their functions is called: by then what imports them is there
 */
export function plainBuiltins(late: readonly string[]): Rolldown.Plugin {
  const statement = /^import (?:(\w+)(?:, | ))?(?:\{ ([^}]+) \} )?(?:from )?"(node:[\w/]+)";$/gm;
  return {
    name: "plain-builtins",
    renderChunk(code, chunk, _options, { chunks }) {
      // types are bundled the same way, and there an import is the only way to name one
      if (chunk.fileName.endsWith(".d.ts")) return null;
      const atOnce = (imports: readonly string[]) => imports.filter((name) => !late.includes(chunks[name]?.name ?? ""));
      const reached = new Set(atOnce(chunk.imports));
      for (const name of reached) for (const next of atOnce(chunks[name]?.imports ?? [])) reached.add(next);
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
      return { code: (chunk.name === "loader" ? oldNode + bundled : "") + taken + code.slice(end), map: null };
    },
  };
}

/** What a program that imports Sluice is told by an old Node; `loader` is evaluated before all that needs a new one. */
const oldNode =
  'if (parseInt(process.versions.node) < 24) throw new Error("Sluice needs Node 24 or newer, and this is Node " + ' +
  'process.versions.node + " (" + process.execPath + ")");';

/** What one is told that was put into a bundle, where nothing lies beside it of what it loads. */
const bundled =
  ' if (!import.meta.dirname || !process.getBuiltinModule("node:fs").existsSync(import.meta.dirname + "/scripts")) ' +
  'throw new Error("Sluice cannot find its own files, as it was put into a bundle: leave it outside, as with `esbuild --external:sluice`");';
