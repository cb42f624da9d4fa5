import type { Chance } from "./chance.ts";
import type { Program } from "./generator.ts";
import { noiseEdits } from "./noise-edits.ts";
import { replaced, type Sites, sitesOf, swapped, textOf } from "./sites.ts";

/** What an edit means to do to one module: its new text, or undefined where it cannot be done there. */
export type ModuleEdit = (text: string, sites: Sites, chance: Chance) => string | undefined;

/** An edited program. */
export interface RandomEdit {
  readonly kind: string;
  /** Whether no version may move: the edit is formatting, a comment, a type, an unrelated declaration. */
  readonly isNoise: boolean;
  readonly file: string;
  readonly files: Program;
}

const otherOperators: Readonly<Record<string, readonly string[]>> = {
  "+": ["-", "*"],
  "-": ["+"],
  "*": ["+"],
  "<": ["<=", ">"],
  ">": [">=", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["||", "&&"],
  "=": ["+=", "??="],
  "+=": ["=", "-="],
  "||=": ["&&=", "="],
  "??=": ["=", "&&="],
};

const pick = <Item>(chance: Chance, items: readonly Item[]): Item | undefined =>
  items.length === 0 ? undefined : chance.pick(items);

const edits: Readonly<Record<string, ModuleEdit>> = {
  literal(text, { literals }, chance) {
    const site = pick(chance, literals);
    if (!site) return undefined;
    const { value } = site;
    const to =
      typeof value === "number"
        ? String(value + chance.between(1, 3))
        : typeof value === "string"
          ? JSON.stringify(chance.often(0.5) ? `${value}x` : chance.pick(["a", "b", "p", "q"]))
          : String(!value);
    return replaced(text, site, to);
  },
  operator(text, { operators }, chance) {
    const site = pick(
      chance,
      operators.filter(({ operator }) => otherOperators[operator]),
    );
    return site && replaced(text, site, chance.pick(otherOperators[site.operator]!));
  },
  "remove a statement"(text, { blocks }, chance) {
    const site = pick(chance, blocks.flat());
    return site && replaced(text, site, "");
  },
  "swap statements"(text, { blocks }, chance) {
    const block = pick(
      chance,
      blocks.filter(({ length }) => length > 1),
    );
    if (!block) return undefined;
    const at = chance.between(0, block.length - 2);
    return swapped(text, block[at]!, block[at + 1]!);
  },
  "move a statement to the end"(text, { body }, chance) {
    const site = pick(chance, body);
    return site && `${replaced(text, site, "")}\n${textOf(text, site)}\n`;
  },
  "repeat a statement"(text, { body }, chance) {
    const site = pick(
      chance,
      body.filter(({ type }) => type === "ExpressionStatement" || type.startsWith("For")),
    );
    return site && `${text}\n${textOf(text, site)}\n`;
  },
  callee(text, { calls, names }, chance) {
    const site = pick(chance, calls);
    const name = pick(chance, names);
    return site && name && replaced(text, site.callee, name.name);
  },
  "drop an argument"(text, { calls }, chance) {
    const site = pick(
      chance,
      calls.filter(({ args }) => args.length > 0),
    );
    const last = site?.args.at(-1);
    return last && replaced(text, last, "undefined");
  },
  "take a call away"(text, { calls }, chance) {
    const site = pick(chance, calls);
    return site && replaced(text, site, chance.pick(site.args.map((arg) => textOf(text, arg)).concat("0")));
  },
  member(text, { members }, chance) {
    const site = pick(chance, members);
    const other = pick(chance, members);
    return site && other && replaced(text, site, chance.often(0.5) ? other.name : chance.pick(["a", "b", "c", "get"]));
  },
  name(text, { names }, chance) {
    const site = pick(chance, names);
    const other = pick(chance, names);
    return site && other && replaced(text, site, other.name);
  },
  "add a change"(text, { names, body }, chance) {
    const name = pick(chance, names)?.name;
    if (!name) return undefined;
    const n = chance.between(10, 19);
    const statement = chance.pick([
      `try { ${name}.a = ${n}; } catch {}`,
      `try { ${name}.push(${n}); } catch {}`,
      `try { ${name} = ${n}; } catch {}`,
      `try { ${name}.set("p", ${n}); } catch {}`,
      `try { Object.assign(${name}, { b: ${n} }); } catch {}`,
      `try { ${name}.prototype.total = () => ${n}; } catch {}`,
      `try { ${name}.extra = ${n}; } catch {}`,
      `try { ${name}(${n}); } catch {}`,
      `try { const { nested } = ${name} as any; nested.list = ${n}; } catch {}`,
      `[${name} as any].map((each) => { try { each.b = ${n}; } catch {} });`,
      `await null; try { ${name}.a = ${n}; } catch {}`,
    ]);
    const at = pick(chance, body)!;
    return chance.often(0.5)
      ? `${text}${statement}\n`
      : replaced(text, { start: at.end, end: at.end }, `\n${statement}\n`);
  },
  "add to a function"(text, { blocks, names }, chance) {
    const block = pick(
      chance,
      blocks.slice(1).filter(({ length }) => length > 0),
    );
    const name = pick(chance, names)?.name;
    if (!block || !name) return undefined;
    const statement = chance.pick([`${name};`, `try { ${name}.a = 77; } catch {}`, `try { ${name}(3); } catch {}`]);
    return replaced(text, { start: block[0]!.start, end: block[0]!.start }, `${statement} `);
  },
  "another source"(text, _, chance) {
    const specifiers = [...text.matchAll(/from ("\.\/[^"]+")/g)];
    const site = pick(chance, specifiers);
    const other = pick(chance, specifiers);
    if (!site || !other) return undefined;
    const start = site.index + "from ".length;
    return replaced(text, { start, end: start + site[1]!.length }, other[1]!);
  },
  "another imported name"(text, _, chance) {
    const lists = [...text.matchAll(/\b(?:import|export) \{ ([^}]+) \} from/g)];
    const site = pick(chance, lists);
    if (!site) return undefined;
    const items = site[1]!.split(", ").map((item) => item.split(" as "));
    if (items.length < 2) return undefined;
    const renamed = items.map(([, as = ""], i) => {
      const [source] = items[(i + 1) % items.length]!;
      return `${source} as ${as || items[i]![0]}`;
    });
    const start = site.index + site[0].indexOf(site[1]!);
    return replaced(text, { start, end: start + site[1]!.length }, renamed.join(", "));
  },
  "another exported name"(text, _, chance) {
    const site = pick(chance, [...text.matchAll(/export \{ (\w+), (\w+)( as \w+)?/g)]);
    if (!site || site[3] !== undefined) return undefined;
    return text.replace(site[0], `export { ${site[2]} as ${site[1]}, ${site[1]} as ${site[2]}`);
  },
  "an import for its effect"(text, _, chance) {
    const specifiers = [...text.matchAll(/from ("\.\/m\d+")/g)];
    const site = pick(chance, specifiers);
    return site ? `import ${site[1]};\n${text}` : undefined;
  },
  "let that becomes const"(text) {
    return text.includes("let n") ? text.replace("let n", "var n") : undefined;
  },
  // A namespace import can see it.
  "unrelated export": (text) =>
    text.includes("exports.") ? undefined : `${text}\nexport const unrelated = [1], other = () => unrelated;\n`,
  "order of imports": (text, { body }, chance) => {
    const imports = body.filter(({ type }) => type === "ImportDeclaration");
    if (imports.length < 2) return undefined;
    const at = chance.between(0, imports.length - 2);
    return swapped(text, imports[at]!, imports[at + 1]!);
  },
};

/** Edits of JSON files. */
function editData(text: string, chance: Chance): readonly [kind: string, isNoise: boolean, text: string] {
  if (chance.often(0.3)) return ["format of JSON", true, JSON.stringify(JSON.parse(text), undefined, 2)];
  const digits = [...text.matchAll(/\d/g)];
  const site = chance.pick(digits);
  return [
    "JSON",
    false,
    replaced(text, { start: site.index, end: site.index + 1 }, String((Number(site[0]) + 1) % 10)),
  ];
}

/** Makes one edit of a program; undefined where the kind that was chosen fits nowhere. */
export function randomEdit(files: Program, chance: Chance): RandomEdit | undefined {
  const file = chance.pick(Object.keys(files));
  const before = files[file]!;
  if (file.endsWith(".json")) {
    const [kind, isNoise, text] = editData(before, chance);
    return text === before ? undefined : { kind, isNoise, file, files: { ...files, [file]: text } };
  }
  const sites = sitesOf(file, before);
  if (!sites) throw new Error(`${file} cannot be parsed:\n${before}`);
  const isNoise = chance.often(0.25);
  const kinds = isNoise ? noiseEdits : edits;
  const kind = chance.pick(Object.keys(kinds));
  const text = kinds[kind]!(before, sites, chance);
  if (text === undefined || text === before) return undefined;
  return { kind, isNoise, file, files: { ...files, [file]: text } };
}
