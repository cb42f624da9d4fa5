import { Chance } from "./chance.ts";
import { act, declare, syncRead } from "./declarations.ts";
import { read } from "./reads.ts";
import { type Kind, type Name, Writer } from "./symbols.ts";

/** A program: its files by name, with `pipeline.ts` among them. */
export type Program = Readonly<Record<string, string>>;

interface Made {
  readonly file: string;
  readonly specifier: string;
  readonly exports: readonly Name[];
}

/** Makes a program of a few modules with a few stages, the same for the same seed. */
export function generateProgram(seed: number): Program {
  const chance = new Chance(seed);
  const files: Record<string, string> = {};
  const made: Made[] = [];
  const count = chance.between(1, 6);
  for (let i = 0; i < count; i++) {
    const kind = chance.next();
    const module =
      kind < 0.08 ? jsonModule(chance, i) : kind < 0.16 ? commonModule(chance, i) : module_(chance, i, made, count);
    files[module.file] = module.text;
    made.push(module);
  }
  const w = new Writer(chance, "p");
  const imports = importsOf(w, made, chance.between(1, made.length));
  const lines = fill(w, chance.between(0, 6));
  const stages = stagesOf(w, made);
  files["pipeline.ts"] = ['import { stage } from "sluice";', ...imports, ...lines, ...stages, ""].join("\n");
  return files;
}

/** Declarations and statements for the top of a module. */
function fill(w: Writer, count: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const statement = w.chance.often(0.4) ? act(w) : undefined;
    if (statement !== undefined) lines.push(guarded(w, statement));
    else {
      const { text, name, kind } = declare(w);
      lines.push(text);
      w.visible.push({ name, kind });
    }
  }
  return lines;
}

/** Some statements fail: where that ends the program there is nothing to compare. */
function guarded(w: Writer, statement: string): string {
  return w.chance.often(0.3) && !/^(?:const|class)/.test(statement) ? `try { ${statement} } catch {}` : statement;
}

function module_(
  chance: Chance,
  index: number,
  made: readonly Made[],
  count: number,
): Made & { readonly text: string } {
  const w = new Writer(chance, `m${index}_`);
  const stem = `m${index}`;
  const file = `${stem}.${chance.pick(["ts", "ts", "ts", "mts"])}`;
  const imports = made.length > 0 ? importsOf(w, made, chance.between(0, Math.min(3, made.length))) : [];
  // A cycle: the module imports one that is made later, and may import it back.
  if (index + 1 < count && chance.often(0.1)) imports.push(`import * as later${index} from "./m${index + 1}";`);
  const imported = new Set(w.visible);
  const lines = fill(w, chance.between(2, 8));
  if (imports.at(-1)?.includes("later")) {
    const name = w.fresh("n");
    lines.push(`function ${name}(x: any): any { return Object.keys(later${index}).length + x; }`);
    w.visible.push({ name, kind: "function" });
  }
  const own = w.visible.filter((name) => !imported.has(name));
  const exports: Name[] = [];
  const named: string[] = [];
  for (const name of own) {
    if (chance.often(0.15)) continue;
    if (chance.often(0.15)) {
      const as = `${name.name}x`;
      named.push(`${name.name} as ${as}`);
      exports.push({ ...name, name: as });
    } else {
      const line = lines.findIndex((text) => declares(text, name.name));
      if (line >= 0 && chance.often(0.7)) lines[line] = `export ${lines[line]}`;
      else named.push(name.name);
      exports.push(name);
    }
  }
  if (named.length > 0) lines.push(`export { ${named.join(", ")} };`);
  if (made.length > 0 && chance.often(0.25)) {
    const other = chance.pick(made);
    const passed = other.exports.filter(({ name }) => name !== "default");
    if (passed.length > 0 && chance.often(0.5)) {
      lines.push(`export * from "./${other.specifier}";`);
      exports.push(...passed.filter(({ name }) => !exports.some((mine) => mine.name === name)));
    } else if (passed.length > 0) {
      const one = chance.pick(passed);
      const as = `${one.name}r${index}`;
      lines.push(`export { ${one.name} as ${as} } from "./${other.specifier}";`);
      exports.push({ ...one, name: as });
    }
  }
  if (chance.often(0.2)) {
    lines.push(`export default ${syncRead(w)};`);
    exports.push({ name: "default", kind: "number" });
  }
  return { file, specifier: stem, exports, text: `${[...imports, ...lines].join("\n")}\n` };
}

function declares(text: string, name: string): boolean {
  const match = /^(?:@.*?\) )?(?:const|let|var|class|function\*?|async function|enum|namespace) (\w+)/.exec(text);
  return match?.[1] === name && !text.startsWith("@");
}

function jsonModule(chance: Chance, index: number): Made & { readonly text: string } {
  const data = { a: chance.between(1, 9), b: [chance.between(1, 9), { c: "text" }] };
  const file = `m${index}.json`;
  return { file, specifier: file, exports: [{ name: "default", kind: "object" }], text: `${JSON.stringify(data)}\n` };
}

function commonModule(chance: Chance, index: number): Made & { readonly text: string } {
  const w = new Writer(chance, `m${index}_`);
  const [one, two] = [w.fresh("n"), w.fresh("n")];
  const lines = [
    `const table = { a: ${w.number()}, b: ${w.number()} };`,
    `exports.${one} = (x) => [x, table.a, ${w.number()}];`,
    `exports.${two} = table;`,
    chance.often(0.5) ? `table.${w.key()} = ${w.number()};` : `table.b += ${w.number()};`,
  ];
  const exports: Name[] = [
    { name: one, kind: "function" },
    { name: two, kind: "object" },
  ];
  const file = `m${index}.cjs`;
  return { file, specifier: file, exports, text: `${lines.join("\n")}\n` };
}

/** Import statements in several forms; what they name becomes visible. */
function importsOf(w: Writer, made: readonly Made[], count: number): string[] {
  const lines: string[] = [];
  for (const { specifier, exports } of w.chance.shuffled(made).slice(0, count)) {
    const from = `"./${specifier}"${specifier.endsWith(".json") ? ' with { type: "json" }' : ""}`;
    const form = w.chance.next();
    const names = exports.filter(({ name }) => name !== "default");
    if (form < 0.1 && !specifier.endsWith(".json")) lines.push(`import "./${specifier}";`);
    else if (form < 0.3 && names.length > 0) {
      const space = w.fresh("s");
      lines.push(`import * as ${space} from ${from};`);
      for (const { name, kind } of names) w.visible.push({ name: `${space}.${name}`, kind });
      if (w.chance.often(0.3)) w.visible.push({ name: space, kind: "module" });
    } else {
      const parts: string[] = [];
      for (const { name, kind } of exports) {
        if (w.chance.often(0.2) && parts.length > 0) continue;
        const as: string = name === "default" || w.chance.often(0.2) ? w.fresh("i") : name;
        if (w.visible.some((other) => other.name === as)) continue;
        parts.push(as === name ? name : `${name} as ${as}`);
        w.visible.push({ name: as, kind });
      }
      if (parts.length > 0) lines.push(`import { ${parts.join(", ")} } from ${from};`);
    }
  }
  return lines;
}

function stagesOf(w: Writer, made: readonly Made[]): string[] {
  const lines: string[] = [];
  const count = w.chance.between(3, 6);
  for (let i = 0; i < count; i++) {
    const reads = Array.from({ length: w.chance.between(2, 5) }, () => read(w));
    const lazy = made.filter(({ exports }) => exports.some(({ name }) => name !== "default"));
    if (lazy.length > 0 && w.chance.often(0.15)) {
      const { specifier, exports } = w.chance.pick(lazy);
      const name = w.chance.pick(exports.filter((each) => each.name !== "default")).name;
      const plain: readonly Kind[] = ["number", "variable", "object", "array"];
      const isPlain = plain.includes(exports.find((each) => each.name === name)!.kind);
      reads.push(`(await import("./${specifier}")).${name}${isPlain ? "" : " !== undefined"}`);
    }
    const stage = w.one(
      () => `async () => [${reads.join(", ")}]`,
      () => `async () => { const all: any[] = []; ${reads.map((each) => `all.push(${each});`).join(" ")} return all; }`,
      () => `async function () { try { return [${reads.join(", ")}]; } catch (error) { return String(error); } }`,
      () => `(() => { const local = ${w.number()}; return async () => [local, ${reads.join(", ")}]; })()`,
    );
    lines.push(`export const stage${i} = stage({}, ${stage});`);
  }
  return lines;
}
