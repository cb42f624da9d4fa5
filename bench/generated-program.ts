import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("..", import.meta.url));

/** How stages are declared: one exported constant each; in a loop; each by a call of a function of the project's. */
export type Declared = "exports" | "loop" | "factory";

export interface ProgramShape {
  /** Modules beside the pipeline, of a hundred lines each. */
  readonly modules: number;
  readonly stages: number;
  readonly declared: Declared;
}

/** How many modules lie in one folder. */
const folderSize = 50;

/**
 * A program in a folder of its own: a pipeline, and modules that import others before them, as people write them: functions,
 * constants, a class, types and comments. The same shape always gives the same text.
 */
export class GeneratedProgram {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  readonly cli = join(repository, "bin", "sluice.js");
  readonly pipeline = join(this.folder, "pipeline.ts");
  readonly shape: ProgramShape;
  #lines = 0;

  constructor(shape: ProgramShape) {
    this.shape = shape;
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(repository, join(this.folder, "node_modules", "sluice"), "junction");
    this.#write("package.json", '{ "private": true, "type": "module" }\n');
    this.#write("tsconfig.json", '{ "compilerOptions": { "strict": true, "skipLibCheck": true } }\n');
    this.#write("seed.txt", "1\n");
    this.#lines = 0;
    for (let index = 0; index < shape.modules; index += 1) this.#write(nameOf(index), moduleSource(index));
    this.#write("pipeline.ts", pipelineSource(shape));
  }

  /** Of all modules. */
  get lines(): number {
    return this.#lines;
  }

  get files(): readonly string[] {
    const modules = Array.from({ length: this.shape.modules }, (_, index) => join(this.folder, nameOf(index)));
    return [...modules, this.pipeline];
  }

  /** Edits one function of a module in the middle; another one each time. */
  edit(): void {
    const name = nameOf(Math.floor(this.shape.modules / 2));
    const source = readFileSync(join(this.folder, name), "utf8");
    writeFileSync(
      join(this.folder, name),
      source.replace(/(?<=const edits = )\d+/, (count) => String(Number(count) + 1)),
    );
  }

  /** Forgets all that earlier runs left. */
  forget(): void {
    rmSync(join(this.folder, ".sluice"), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(name: string, text: string): void {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    this.#lines += text.split("\n").length - 1;
  }
}

function nameOf(index: number): string {
  return `lib/part${Math.floor(index / folderSize)}/module${index}.ts`;
}

/** What a module imports: some before it, near and far. Node loads what is imported by recursion, so chains are not long. */
function importsOf(index: number): readonly number[] {
  const near = index % 10 === 0 ? [] : [index - 1, index - (index % 10)];
  const before = [...near, Math.floor(index / 2), Math.floor(index / 3)];
  return [...new Set(before.filter((other) => other >= 0 && other < index))];
}

function moduleSource(index: number): string {
  const imports = importsOf(index);
  const lines = imports.map((other) => {
    const from = Math.floor(other / folderSize) === Math.floor(index / folderSize);
    const path = from ? `./module${other}.ts` : `../part${Math.floor(other / folderSize)}/module${other}.ts`;
    return `import { clean${other}, type Row${other} } from "${path}";`;
  });
  lines.push(
    "",
    "const edits = 0;",
    `const limits = { low: ${index}, high: ${index + 100}, names: ["a", "b", "c"] } as const;`,
    "",
    "/** A row of this module. */",
    `export interface Row${index} {`,
    "  readonly name: string;",
    "  readonly value: number;",
    "  readonly tags?: readonly string[];",
    "}",
    "",
  );
  for (let part = 0; part < 5; part += 1) {
    lines.push(
      `/** Step ${part}: keeps what lies between the limits, and scales it. */`,
      `function step${part}(rows: readonly Row${index}[], factor: number): Row${index}[] {`,
      `  const kept: Row${index}[] = [];`,
      "  for (const row of rows) {",
      "    if (row.value < limits.low || row.value > limits.high) continue;",
      `    const value = (row.value * factor + ${part}) % (limits.high - limits.low);`,
      "    // Names are kept as they are.",
      `    kept.push({ ...row, value, tags: [...(row.tags ?? []), \`step-\${factor}-${part}\`] });`,
      "  }",
      "  return kept.sort((a, b) => a.value - b.value || a.name.localeCompare(b.name));",
      "}",
      "",
    );
  }
  lines.push(
    `export class Summary${index} {`,
    "  readonly #rows = new Map<string, number>();",
    "",
    `  add(row: Row${index}): this {`,
    "    this.#rows.set(row.name, (this.#rows.get(row.name) ?? 0) + row.value);",
    "    return this;",
    "  }",
    "",
    "  get total(): number {",
    "    return [...this.#rows.values()].reduce((sum, value) => sum + value, 0);",
    "  }",
    "}",
    "",
    `export function clean${index}(value: number): number {`,
    `  const rows = limits.names.map((name, at) => ({ name, value: value + at }));`,
    `  const summary = new Summary${index}();`,
    "  for (const row of step4(step3(step2(step1(step0(rows, 1), 2), 3), 4), 5)) summary.add(row);",
    "  if (value >= 0) return summary.total + edits;",
    `  return [${imports.map((other) => `clean${other}(value % 97)`).join(", ")}].length;`,
    "}",
    "",
    `export function unused${index}(row: Row${imports[0] ?? index}): string {`,
    `  return \`\${row.name}: \${row.value}\`;`,
    "}",
  );
  while (lines.length < 100) lines.push(`// ${"more is to be said of this ".repeat(2)}${lines.length}`);
  return `${lines.join("\n")}\n`;
}

function pipelineSource({ modules, stages, declared }: ProgramShape): string {
  const used =
    modules === 0
      ? []
      : Array.from(
          { length: Math.min(stages, modules) },
          (_, i) => modules - 1 - Math.floor((i * modules) / Math.min(stages, modules)),
        );
  const lines = ['import { file, stage } from "sluice";'];
  for (const index of used) lines.push(`import { clean${index} } from "./${nameOf(index)}";`);
  lines.push("", "const scale = (value: number) => value * 2;", 'export const seed = file("seed.txt");');
  const body = (index: number): string => {
    const module = used[index % Math.max(1, used.length)];
    return module === undefined ? `scale(${index})` : `clean${module}(scale(${index}))`;
  };
  if (declared === "loop") {
    const table = used.map((index) => `clean${index}`).join(", ");
    lines.push(`const functions = [scale${table ? `, ${table}` : ""}];`, "export const all = [];");
    lines.push(`for (let index = 0; index < ${stages}; index += 1) {`);
    lines.push(
      "  all.push(stage({ seed, index }, ({ index }) => functions[index % functions.length]!(index), { name: 's' + index }));",
    );
    lines.push("}");
  } else if (declared === "factory") {
    lines.push(
      "function make(name: string, compute: () => number) {",
      "  return stage({ seed }, () => compute(), { name });",
      "}",
      "",
    );
    lines.push("export const all = [");
    for (let index = 0; index < stages; index += 1) lines.push(`  make("s${index}", () => ${body(index)}),`);
    lines.push("];");
  } else {
    for (let index = 0; index < stages; index += 1)
      lines.push(`export const s${index} = stage({ seed }, () => ${body(index)});`);
  }
  return `${lines.join("\n")}\n`;
}
