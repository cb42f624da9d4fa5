import * as sluice from "sluice";
import type { Peer, Steps } from "./peer.ts";
import { jobs } from "./peer-builders.ts";

const inputsOf = (steps: Steps, index: number): string[] => [
  ...steps.parents(index).map((parent) => `s${parent}`),
  ...(index === 0 ? ["seed"] : index === steps.count - 1 ? ["extra"] : []),
];

function pipeline(imports: string, steps: Steps, step: (index: number, inputs: readonly string[]) => string): string {
  const head = `import { ${imports} } from "sluice";\n\nexport const seed = file("seed.txt");\nexport const extra = file("extra.txt");\n`;
  return `${head}${steps.indices.map((index) => step(index, inputsOf(steps, index))).join("\n")}\n`;
}

const shared = {
  definition: "pipeline.js",
  forget: () => {},
  args: (project) => project.sluice("run", "--quiet", "--jobs", jobs),
} satisfies Partial<Peer>;

const functions: Peer = {
  ...shared,
  name: "sluice, functions",
  isInstalled: () => true,
  write: (project, steps) => {
    const textOf = (name: string): string => (name.startsWith("s") && name !== "seed" ? name : `await ${name}.text()`);
    const step = (index: number, inputs: readonly string[]): string =>
      `export const s${index} = stage({ ${inputs.join(", ")} }, async ({ ${inputs.join(", ")} }) => sum([${inputs.map(textOf).join(", ")}]));`;
    const sum = `const sum = (texts) => String(texts.join(" ").split("").reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1000003, 7));\n`;
    project.write("pipeline.js", pipeline("file, stage", steps, step).replace("\n\n", `\n\n${sum}`));
  },
  writesFiles: false,
};

const commands: Peer = {
  ...shared,
  name: "sluice, commands",
  isInstalled: () => "command" in sluice,
  write: (project, steps) => {
    const step = (index: number, inputs: readonly string[]): string => {
      const files = inputs.map((name) => (name.startsWith("s") && name !== "seed" ? `{${name}.out}` : `{${name}}`));
      const text = `cksum ${files.join(" ")} > {out}`;
      return `export const s${index} = command({ ${inputs.join(", ")} }, ${JSON.stringify(text)}, { shell: true, outputs: { out: "${steps.output(index)}" } });`;
    };
    project.write("pipeline.js", pipeline("command, file", steps, step));
  },
  writesFiles: true,
};

/** Sluice, with stages that are functions, and with a process a step as the others have. */
export const own: readonly Peer[] = [functions, commands];
