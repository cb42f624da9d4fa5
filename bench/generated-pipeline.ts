import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("..", import.meta.url));

/** `chain`: each stage reads the one before. `fan`: all read the first. `layered`: ten wide, each reads two of the layer above. */
export type Shape = "chain" | "fan" | "layered";

/** `exports`: one exported constant and one function a stage. `loop`: one function, stages built and named in a loop. */
export type Style = "exports" | "loop";

export const shapes: readonly Shape[] = ["chain", "fan", "layered"];
export const styles: readonly Style[] = ["exports", "loop"];

const layer = 10;

/** The source of a pipeline of that many nodes: one file and `nodes - 1` stages, each of which adds up what it reads. */
export function pipelineSource(shape: Shape, style: Style, nodes: number): string {
  const head = `import { file, stage } from "sluice";\n\nexport const seed = file("seed.txt");\n`;
  const first = "stage({ seed }, async ({ seed }) => Number(await seed.text()))";
  const count = nodes - 1;
  if (style === "exports") {
    const lines = Array.from({ length: count }, (_, index) => {
      const parents = parentsOf(shape, index);
      if (parents.length === 0) return `export const s${index} = ${first};`;
      const inputs = parents.map((parent) => `s${parent}`).join(", ");
      return `export const s${index} = stage({ ${inputs} }, ({ ${inputs} }) => ${inputs.replaceAll(",", " +")} + ${index});`;
    });
    return `${head}${lines.join("\n")}\n`;
  }
  const parents = {
    chain: "[index - 1]",
    fan: "[0]",
    layered: `index < ${layer} ? [0] : [index - ${layer}, index % ${layer} === 0 ? index - 1 : index - ${layer} - 1]`,
  }[shape];
  return `${head}
export const stages = [stage({ seed }, async ({ seed }) => Number(await seed.text()), { name: "s0" })];

for (let index = 1; index < ${count}; index += 1) {
  const parents = ${parents};
  const inputs = Object.fromEntries(parents.map((parent) => [\`s\${parent}\`, stages[parent]]));
  stages.push(stage({ ...inputs, index }, (values) => Object.values(values).reduce((sum, value) => sum + value, 0), { name: \`s\${index}\` }));
}
`;
}

function parentsOf(shape: Shape, index: number): number[] {
  if (index === 0) return [];
  if (shape === "chain") return [index - 1];
  if (shape === "fan" || index < layer) return [0];
  return [index - layer, index % layer === 0 ? index - 1 : index - layer - 1];
}

/** A generated pipeline in a folder of its own, with `sluice` to import. */
export class GeneratedPipeline {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  readonly cli = join(repository, "bin", "sluice.js");

  constructor(shape: Shape, style: Style, nodes: number) {
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(repository, join(this.folder, "node_modules", "sluice"), "junction");
    writeFileSync(join(this.folder, "package.json"), '{ "private": true, "type": "module" }\n');
    writeFileSync(join(this.folder, "seed.txt"), "1\n");
    writeFileSync(join(this.folder, "pipeline.js"), pipelineSource(shape, style, nodes));
  }

  /** Arguments of Node for `sluice run`. */
  run(...options: string[]): string[] {
    return [this.cli, "run", "-f", "pipeline.js", ...options];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
