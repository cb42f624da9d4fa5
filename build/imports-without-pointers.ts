import type { Rolldown } from "tsdown";

/**
 * A module that is in the same bundle as who loads it later is there already, and one in another bundle comes with that. Rolldown
 * makes a file of its own for each of them all the same, which says no more than where the module is, and which Node takes half a
 * millisecond to load.
 */
export function importsWithoutPointers(): Rolldown.Plugin {
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
