import type { Rolldown } from "tsdown";

type Chunk = Rolldown.OutputChunk;
type Node = { readonly type: string; readonly start: number; readonly end: number; readonly [key: string]: unknown };

/** The chunk that loads the others, as `src/platform/own-scripts.ts` says. */
const loaderName = "loader";

/**
 * Makes scripts of modules: functions that give what the module exports. V8 gives out what it has compiled of a script by the end of a
 * process, and that is kept (`src/platform/compiled-code.ts`). What imports packages, or waits while it loads, stays a module, and so does what
 * users import: that takes its exports from a script.
 * @param late names of chunks that scripts load when they first call one of their functions, without waiting: nothing but functions
 * may be imported from them
 */
export function scripts(late: readonly string[]): Rolldown.Plugin {
  return {
    name: "scripts",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter(
        (each): each is Chunk => each.type === "chunk" && each.fileName.endsWith(".js"),
      );
      const edits = new Map(
        chunks.map((chunk) => [chunk.fileName, editsOf(this.parse(chunk.code) as unknown as Node)]),
      );
      const loader = chunks.find(({ name }) => name === loaderName)!.fileName;
      const modules = new Set([loader, ...[...edits].flatMap(([file, { staysModule }]) => (staysModule ? file : []))]);
      // what imports a module is one itself
      for (const from of modules)
        for (const [file, { imports }] of edits)
          if (from !== loader && imports.some((each) => each.from === from)) modules.add(file);
      const taken = (...wanted: readonly string[]) => {
        const found = edits.get(loader)!.exports.filter(({ local }) => wanted.includes(local));
        return `import { ${found.map(({ name, local }) => `${name} as ${local}`).join(", ")} } from "./${loader}";`;
      };
      const isScript = (file: string) => edits.has(file) && !modules.has(file);
      const isLate = (file: string) => late.includes(chunks.find(({ fileName }) => fileName === file)?.name ?? "");
      for (const chunk of chunks) {
        // an entry that is only there to have the loader
        if (chunk.name === "load") {
          delete bundle[chunk.fileName];
          delete bundle["load.d.ts"];
          continue;
        }
        const own = edits.get(chunk.fileName)!;
        for (const { property } of own.metas)
          if (!Object.hasOwn(metaNames, property)) this.error(`${chunk.fileName} uses import.meta.${property}`);
        for (const { name, local, isFixed } of own.exports)
          if (!isFixed) this.error(`${chunk.fileName} exports ${name}, and ${local} may change: scripts import values`);
        for (const { local, isFunction } of isLate(chunk.fileName) ? own.exports : [])
          if (!isFunction)
            this.error(`${chunk.fileName} exports ${local}: only functions can be loaded when they are called`);
        for (const { from, names } of own.imports)
          for (const [, local] of isLate(from) ? names : [])
            if (own.called.has(local))
              this.error(`${chunk.fileName} calls ${local} of ${from} as it is loaded: too early`);
        if (!isScript(chunk.fileName)) {
          chunk.code = asModule(chunk, own, taken("scriptOf", "scriptLater"), isScript);
          if (chunk.fileName === loader) chunk.code += `\nprovide("${loader}", { ${given(own)} });\n`;
          continue;
        }
        this.emitFile({
          type: "asset",
          fileName: `scripts/${chunk.fileName}`,
          source: asScript(chunk, own, isScript, isLate),
        });
        if (chunk.isEntry) chunk.code = facade(chunk, own, taken("scriptOf"));
        else delete bundle[chunk.fileName];
      }
    },
  };
}

type Names = readonly [name: string, local: string];

/** What is to be written otherwise in a script, by what it is. */
interface Edits {
  readonly staysModule: boolean;
  readonly imports: readonly { readonly node: Node; readonly from: string; readonly names: readonly Names[] }[];
  readonly exports: readonly {
    readonly name: string;
    readonly local: string;
    readonly isFixed: boolean;
    readonly isFunction: boolean;
  }[];
  readonly exportLists: readonly Node[];
  /** Calls of `import()`; with the name of the package's own file where it is one. */
  readonly calls: readonly { readonly node: Node; readonly own?: string }[];
  readonly metas: readonly { readonly node: Node; readonly property: string }[];
  /** Names of functions that are called as the chunk is loaded. */
  readonly called: ReadonlySet<string>;
}

function editsOf(program: Node): Edits {
  const body = program.body as readonly Node[];
  const declared = declarationsOf(body);
  const imports: Edits["imports"][number][] = [];
  const exports: Edits["exports"][number][] = [];
  const exportLists: Node[] = [];
  let staysModule = false;
  for (const node of body) {
    if (node.type === "ImportDeclaration") {
      const from = (node.source as { value: string }).value;
      if (!from.startsWith("./")) {
        staysModule = true;
        continue;
      }
      const names = (node.specifiers as readonly Node[]).map((each) => specifierOf(each, "imported"));
      imports.push({ node, from: from.slice(2), names });
    }
    if (node.type === "ExportNamedDeclaration") {
      exportLists.push(node);
      for (const each of node.specifiers as readonly Node[]) {
        const [name, local] = specifierOf(each, "exported");
        const isFunction = declared.get(local) === "function";
        exports.push({ name, local, isFixed: declared.get(local) !== "let", isFunction });
      }
    }
    if (node.type === "ExportDefaultDeclaration" || node.type === "ExportAllDeclaration") staysModule = true;
  }
  const calls: Edits["calls"][number][] = [];
  const metas: Edits["metas"][number][] = [];
  const assigned = new Set<string>();
  const called = new Set<string>();
  walk(program, false, (node, isInFunction) => {
    if (node.type === "AssignmentExpression") assigned.add((node.left as { name?: string }).name ?? "");
    if (node.type === "AwaitExpression" && !isInFunction) staysModule = true;
    if (node.type === "CallExpression" && !isInFunction) called.add((node.callee as { name?: string }).name ?? "");
    if (node.type === "ImportExpression") {
      const { value } = node.source as { value?: unknown };
      calls.push({ node, ...(typeof value === "string" && value.startsWith("./") && { own: value.slice(2) }) });
    }
    if (node.type === "MemberExpression" && (node.object as Node).type === "MetaProperty")
      metas.push({ node, property: (node.property as { name: string }).name });
  });
  // Rolldown declares classes with `var`, and sets them once
  const fixed = exports.map((each) => ({
    ...each,
    isFixed: each.isFixed && !(declared.get(each.local) === "var" && assigned.has(each.local)),
  }));
  return { staysModule, imports, exports: fixed, exportLists, calls, metas, called };
}

function specifierOf(node: Node, side: "imported" | "exported"): Names {
  const other = node[side] as { name: string };
  return [other.name, (node.local as { name: string }).name];
}

/** Of each name that is declared at the top, how. */
function declarationsOf(body: readonly Node[]): ReadonlyMap<string, string> {
  const kinds = new Map<string, string>();
  for (const node of body) {
    if (node.type === "FunctionDeclaration") kinds.set((node.id as unknown as { name: string }).name, "function");
    if (node.type === "VariableDeclaration")
      for (const each of node.declarations as readonly Node[])
        kinds.set((each.id as { name: string }).name, node.kind as string);
  }
  return kinds;
}

function walk(node: Node, isInFunction: boolean, visit: (node: Node, isInFunction: boolean) => void): void {
  visit(node, isInFunction);
  const inside = isInFunction || /Function/.test(node.type);
  for (const value of Object.values(node))
    for (const each of Array.isArray(value) ? value : [value])
      if (typeof (each as Node | null)?.type === "string") walk(each as Node, inside, visit);
}

/** Puts other texts in the place of nodes. */
function rewritten(code: string, changes: readonly (readonly [node: Node, text: string])[]): string {
  let result = "";
  let at = 0;
  for (const [{ start, end }, text] of [...changes].sort(([a], [b]) => a.start - b.start)) {
    result += code.slice(at, start) + text;
    at = end;
  }
  return result + code.slice(at);
}

/** What stands for `import.meta` in a script. */
const metaNames: Readonly<Record<string, string>> = { url: "$here", dirname: "$folder" };

/** The parameters are those of a `ScriptBody`. Nothing moves to another line, so that maps stay right. */
function asScript(chunk: Chunk, edits: Edits, isScript: Test, isLate: Test): string {
  const code = rewritten(chunk.code, [
    ...edits.imports.map(
      ({ node, from, names }) => [node, (isLate(from) ? calling : taking)("$load", from, names)] as const,
    ),
    ...edits.exportLists.map((node) => [node, ""] as const),
    ...edits.calls.map(({ node, own }) => {
      const argument = chunk.code.slice((node.source as Node).start, (node.source as Node).end);
      return [node, own && isScript(own) ? `$later("${own}")` : `$bring(${argument})`] as const;
    }),
    ...edits.metas.map(({ node, property }) => [node, metaNames[property]!] as const),
  ]);
  // Its own, which is a line; the code may speak of such comments, too.
  const mapped = code.replace(/^\/\/# sourceMappingURL=/m, "$&../");
  return `(function ($load, $later, $bring, $here, $folder) { "use strict"; ${mapped}\nreturn { ${given(edits)} };\n})`;
}

/** A module that takes from scripts what it imported from their modules. */
function asModule(chunk: Chunk, edits: Edits, loader: string, isScript: Test): string {
  const imports = edits.imports.filter(({ from }) => isScript(from));
  const calls = edits.calls.filter(({ own }) => own !== undefined && isScript(own));
  const code = rewritten(chunk.code, [
    ...imports.map(({ node, from, names }) => [node, taking("scriptOf", from, names)] as const),
    ...calls.map(({ node, own }) => [node, `scriptLater("${own}")`] as const),
  ]);
  return imports.length + calls.length === 0 ? code : `${loader} ${code}`;
}

type Test = (file: string) => boolean;

/** What was imported, as what a script gives. */
function taking(load: string, from: string, names: readonly Names[]): string {
  return `const { ${names.map(([name, local]) => `${name}: ${local}`).join(", ")} } = ${load}("${from}");`;
}

/** What was imported, as functions that load the script when one of them is called. */
function calling(load: string, from: string, names: readonly Names[]): string {
  const functions = names.map(
    ([name, local]) => `function ${local}(...$) { return ${load}("${from}").${name}(...$); }`,
  );
  return functions.join(" ");
}

function given(edits: Edits): string {
  return edits.exports.map(({ name, local }) => `${name}: ${local}`).join(", ");
}

/** The module that users import: the exports of a script. */
function facade(chunk: Chunk, edits: Edits, loader: string): string {
  const names = edits.exports.map(({ name }, index) => [name, `$${index}`] as const);
  const taken = names.map(([name, local]) => `${name}: ${local}`).join(", ");
  const exported = names.map(([name, local]) => `${local} as ${name}`).join(", ");
  return `${loader}\nconst { ${taken} } = scriptOf("${chunk.fileName}");\nexport { ${exported} };\n`;
}
