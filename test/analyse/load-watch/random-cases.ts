import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Project } from "../project.ts";

/** A source of numbers that gives the same for the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state ^ (this.#state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((this.#state ^ (this.#state >>> 13)) >>> 0) % limit;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

const module = (value: number): string => `export const v = ${value};`;
const common = (value: number): string => `exports.v = ${value};`;
const importing = (value: number): string => `import { v as p } from "p";\nexport const v = [p, ${value}];`;
const text = (value: number): string => JSON.stringify(value);
const settings = (value: number): string =>
  JSON.stringify({ compilerOptions: { paths: { "@x/*": [value % 2 ? "./d/*" : "./e/*", "./*"] } } });
const manifest = (value: number): string =>
  JSON.stringify({ type: "module", imports: { "#i": value % 2 ? "./a.js" : "./b.js", "#p": "p" } });
const packageOf = (value: number): string =>
  JSON.stringify({ name: "p", ...(value % 3 ? { main: "m.js" } : value % 2 ? { exports: "./x.js" } : {}) });

/** Everything that may be there, and what it holds. */
const world: readonly (readonly [file: string, content: (value: number) => string])[] = [
  ...["a.js", "a.ts", "a/index.js", "b.js", "b.ts", "b/index.ts", "c.mjs", "c.mts", "e/b.js", "d/b.ts"].map(
    (file) => [file, module] as const,
  ),
  ["d/e.js", importing],
  ["b.json", text],
  ["tsconfig.json", settings],
  ["d/tsconfig.json", settings],
  ["package.json", manifest],
  ["node_modules/p/package.json", packageOf],
  ...["index.js", "m.js", "x.js"].map((file) => [`node_modules/p/${file}`, common] as const),
  ["node_modules/p.js", common],
  ["d/node_modules/p/index.js", common],
  ["d/node_modules/p/package.json", packageOf],
  ...["data/1", "data/2", "data/s/3", "data/s/4", "data/t"].map((file) => [file, text] as const),
];
const files = world.map(([file]) => file);
const folders = ["data", "data/s", "data/t", "d", "."];

/** Something that code does while it loads, as an expression. */
function look(dice: Dice): string {
  const at = JSON.stringify(dice.of([...files, ...folders]));
  const specifier = JSON.stringify(
    dice.of([
      "./a",
      "./a.js",
      "./a.ts",
      "./b",
      "./b.js",
      "./b.json",
      "./c.mjs",
      "./d/e.js",
      "./d/e",
      "p",
      "@x/b.js",
      "@x/b",
      "#i",
      "#p",
    ]),
  );
  const looks = [
    `(await import(${specifier})).v`,
    `(await import(${specifier})).v`,
    `require(${specifier}).v`,
    `fs.readFileSync(${at}, "utf8")`,
    `await fs.promises.readFile(${at}, "utf8")`,
    `fs.existsSync(${at})`,
    `fs.statSync(${at}).isDirectory()`,
    `(await fs.promises.lstat(${at})).isFile()`,
    `fs.statSync(${at}).isFile() && fs.statSync(${at}).size`,
    `fs.readdirSync(${JSON.stringify(dice.of(folders.slice(0, 3)))}).sort()`,
    'fs.readdirSync("data", { recursive: true }).sort()',
    'fs.globSync("data/**/*").sort()',
    "process.env.X",
    '"Y" in process.env',
  ];
  return `await attempt(async () => ${dice.of(looks)})`;
}

/** A pipeline that looks at a few things; whatever fails counts by what the error is. */
export function randomPipeline(dice: Dice): string {
  const looks = Array.from({ length: 4 + dice.below(5) }, () => look(dice));
  return [
    'import fs from "node:fs";',
    'import { createRequire } from "node:module";',
    "const require = createRequire(import.meta.url);",
    "const attempt = async (work) => { try { return [await work()] } catch (error) { return String(error.code ?? error.name) } };",
    `export const all = [${looks.join(", ")}];`,
  ].join("\n");
}

/** Fills a folder with some of the world. */
export function randomFiles(dice: Dice, project: Project): void {
  for (const [file, content] of world) {
    if (dice.below(3) > 0 || file === "package.json") put(project, file, content(dice.below(100)));
  }
}

/** Makes, changes or removes something of the world, or changes a variable; says what. */
export function randomChange(
  dice: Dice,
  project: Project,
): { readonly what: string; readonly env: Record<string, string> } {
  if (dice.below(8) === 0) return { what: "env", env: { [dice.of(["X", "Y", "Z"])]: "1" } };
  const [file, content] = dice.of(world);
  const isThere = existsSync(project.path(file));
  if (isThere && file !== "package.json" && dice.below(2) === 0) {
    rmSync(project.path(file), { recursive: true });
    return { what: `remove ${file}`, env: {} };
  }
  put(project, file, content(dice.below(100)));
  return { what: `${isThere ? "change" : "add"} ${file}`, env: {} };
}

/** A file, unless another stands where it or its folder would be. */
function put(project: Project, file: string, content: string): void {
  try {
    mkdirSync(path.dirname(project.path(file)), { recursive: true });
    writeFileSync(project.path(file), content);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST" && code !== "ENOTDIR" && code !== "EISDIR") throw error;
  }
}
