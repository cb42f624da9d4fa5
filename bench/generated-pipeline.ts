import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("..", import.meta.url));

/** `chain`: each stage reads the one before. `fan`: all read the first. `layered`: ten wide, each reads two of the layer above. */
export type Shape = "chain" | "fan" | "layered";

/**
 * `exports`: one exported constant and one function a stage, a thousand in each module, as a person writes them. `loop`: one
 * function, stages built and named in a loop.
 */
export type Style = "exports" | "loop";

export interface PipelineShape {
  readonly shape: Shape;
  readonly style: Style;
  /** Two files and `nodes - 2` stages, each of which adds up what it reads. The last one reads the second file too. */
  readonly nodes: number;
}

export const shapes: readonly Shape[] = ["chain", "fan", "layered"];
export const styles: readonly Style[] = ["exports", "loop"];

const layer = 10;
const moduleSize = 1000;
/** Sums of sums would leave the numbers behind after a thousand layers. */
const modulus = 1_000_003;

/** Indices of the stages that a stage reads. */
export function parentsOf(shape: Shape, index: number): number[] {
  if (index === 0) return [];
  if (shape === "chain") return [index - 1];
  if (shape === "fan" || index < layer) return [0];
  return [index - layer, index % layer === 0 ? index - 1 : index - layer - 1];
}

/** The modules of a pipeline by name; `pipeline.js` is the one to run. */
export function pipelineModules({ shape, style, nodes }: PipelineShape): ReadonlyMap<string, string> {
  const count = nodes - 2;
  return style === "loop" ? new Map([["pipeline.js", loopSource(shape, count)]]) : exportModules(shape, count);
}

function exportModules(shape: Shape, count: number): Map<string, string> {
  const modules = new Map<string, string>();
  const files = `export const seed = file("seed.txt");\nexport const extra = file("extra.txt");\n`;
  const nameOf = (module: number): string => (count <= moduleSize ? "pipeline.js" : `stages-${module}.js`);
  for (let start = 0; start < count; start += moduleSize) {
    const module = start / moduleSize;
    const imported = new Map<number, Set<number>>();
    const lines: string[] = [];
    for (let index = start; index < Math.min(start + moduleSize, count); index += 1) {
      const parents = parentsOf(shape, index);
      for (const parent of parents) {
        const from = Math.floor(parent / moduleSize);
        if (from !== module) imported.set(from, (imported.get(from) ?? new Set()).add(parent));
      }
      lines.push(stageSource(index, parents, index === count - 1));
    }
    const imports = [...imported].map(
      ([from, names]) =>
        `import { ${[...names].map((parent) => `s${parent}`).join(", ")} } from "./${nameOf(from)}";\n`,
    );
    const isLast = start + moduleSize >= count;
    if (module > 0 && isLast) imports.push(`import { extra } from "./${nameOf(0)}";\n`);
    const head = `import { ${module === 0 ? "file, " : ""}stage } from "sluice";\n${imports.join("")}\n`;
    modules.set(nameOf(module), `${head}${module === 0 ? files : ""}${lines.join("\n")}\n`);
  }
  if (count > moduleSize) {
    modules.set("pipeline.js", [...modules.keys()].map((name) => `export * from "./${name}";\n`).join(""));
  }
  return modules;
}

function stageSource(index: number, parents: readonly number[], isLast: boolean): string {
  if (parents.length === 0) {
    return `export const s${index} = stage({ seed }, async ({ seed }) => Number(await seed.text()));`;
  }
  const inputs = parents.map((parent) => `s${parent}`).join(", ");
  const sum = `(${inputs.replaceAll(",", " +")} + ${index})`;
  if (!isLast) return `export const s${index} = stage({ ${inputs} }, ({ ${inputs} }) => ${sum} % ${modulus});`;
  return `const own = async (text) => Number(await text.text()) + 0;
export const s${index} = stage({ ${inputs}, extra }, async ({ ${inputs}, extra }) => (${sum} + (await own(extra))) % ${modulus});`;
}

function loopSource(shape: Shape, count: number): string {
  const parents = {
    chain: "[index - 1]",
    fan: "[0]",
    layered: `index < ${layer} ? [0] : [index - ${layer}, index % ${layer} === 0 ? index - 1 : index - ${layer} - 1]`,
  }[shape];
  return `import { file, stage } from "sluice";

export const seed = file("seed.txt");
export const extra = file("extra.txt");
export const stages = [stage({ seed }, async ({ seed }) => Number(await seed.text()), { name: "s0" })];
const add = (values) => Object.values(values).reduce((sum, value) => sum + value, 0) % ${modulus};
const own = async (text) => Number(await text.text()) + 0;

for (let index = 1; index < ${count - 1}; index += 1) {
  const parents = ${parents};
  const inputs = Object.fromEntries(parents.map((parent) => [\`s\${parent}\`, stages[parent]]));
  stages.push(stage({ ...inputs, index }, (values) => add(values), { name: \`s\${index}\` }));
}

const index = ${count - 1};
export const last = stage({ above: stages[${parentsOf(shape, count - 1)[0]}], index, extra }, async ({ above, index, extra }) => add([above, index, await own(extra)]));
`;
}

/** A folder in which `sluice` can be imported, removed at the end. */
export class ProjectFolder {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  readonly cli = join(repository, "bin", "sluice.js");

  constructor(files: Iterable<readonly [name: string, text: string]>) {
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(repository, join(this.folder, "node_modules", "sluice"), "junction");
    this.write("package.json", '{ "private": true, "type": "module" }\n');
    for (const [name, text] of files) this.write(name, text);
  }

  write(name: string, text: string | Uint8Array): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  /** Arguments of Node for `sluice VERB`. */
  sluice(verb: string, ...options: string[]): string[] {
    return [this.cli, verb, "-f", "pipeline.js", ...options];
  }

  /** Forgets all results, versions and runs. */
  forget(): void {
    rmSync(join(this.folder, ".sluice"), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A generated pipeline in a folder of its own. */
export class GeneratedPipeline extends ProjectFolder {
  readonly shape: PipelineShape;
  readonly #edited: string;
  #edits = 0;

  constructor(shape: PipelineShape) {
    const modules = pipelineModules(shape);
    super([...modules, ["seed.txt", "1\n"], ["extra.txt", "1\n"]]);
    this.shape = shape;
    this.#edited = [...modules.keys()].find((name) => modules.get(name)!.includes("const own = "))!;
  }

  get stages(): number {
    return this.shape.nodes - 2;
  }

  /** Edits the file that only the last stage reads. */
  editInput(): void {
    this.#edits += 1;
    this.write("extra.txt", `${this.#edits + 1}\n`);
  }

  /** Edits a function that only the last stage calls. */
  editCode(): void {
    this.#edits += 1;
    const text = readFileSync(join(this.folder, this.#edited), "utf8");
    this.write(this.#edited, text.replace(/text\.text\(\)\) \+ \d+/, `text.text()) + ${this.#edits}`));
  }
}

/** Pipelines by shape, so that sections can share what took long to make. */
const pipelines = new Map<string, GeneratedPipeline>();

export function pipelineOf(shape: PipelineShape): GeneratedPipeline {
  const name = `${shape.style} ${shape.shape} ${shape.nodes}`;
  const pipeline = pipelines.get(name) ?? new GeneratedPipeline(shape);
  pipelines.set(name, pipeline);
  return pipeline;
}

export function removePipelines(): void {
  for (const pipeline of pipelines.values()) pipeline.remove();
  pipelines.clear();
}

/** A fast run that did something else is no result. */
export function expectJson(stdout: string, expected: Readonly<Record<string, number>>): void {
  const { nodes } = JSON.parse(stdout) as { nodes: Record<string, { kind: string; status: string }> };
  const found: Record<string, number> = {};
  for (const { kind, status } of Object.values(nodes)) {
    if (kind === "stage") found[status] = (found[status] ?? 0) + 1;
  }
  for (const [status, count] of Object.entries(expected)) {
    if ((found[status] ?? 0) !== count) throw new Error(`${found[status] ?? 0} stages are ${status}, not ${count}`);
  }
}

/** The same by the last line of a run that prints no JSON. */
export function expectSummary(stderr: string, ran: number, reused: number): void {
  const stages = (count: number): string => `${count.toLocaleString("en")} stage${count === 1 ? "" : "s"}`;
  const line = stderr.trimEnd().split("\n").at(-1) ?? "";
  const expected =
    ran === 0
      ? `nothing to do: all ${stages(reused)} were reused`
      : `done: ${stages(ran)} ran, ${reused === 0 ? "in" : `${reused.toLocaleString("en")} reused`}`;
  if (!line.startsWith(expected)) throw new Error(`the run ended with "${line}", not "${expected}"`);
}
