import { MemoryDerived, Project } from "../project.ts";
import { type Fault, versionsIn } from "./comparison.ts";
import type { Program } from "./generator.ts";
import { sitesOf, textOf } from "./sites.ts";
import type { TruthProcess } from "./truth.ts";

/** A fault with everything taken out of its program that it does not need. */
export async function shrink(fault: Fault, truths: TruthProcess): Promise<Fault> {
  let smallest = fault;
  for (let again = true; again; ) {
    again = false;
    for (const candidate of smallerThan(smallest)) {
      if (!(await isFault(candidate, truths))) continue;
      smallest = candidate;
      again = true;
      break;
    }
  }
  return smallest;
}

/** The same program and edit without one statement, or one block's statement, that is in both. */
function* smallerThan(fault: Fault): Iterable<Fault> {
  for (const [file, text] of Object.entries(fault.before)) {
    const sites = file.endsWith(".json") ? undefined : sitesOf(file, text);
    const after = fault.edit.files[file]!;
    for (const span of sites?.blocks.flat() ?? []) {
      const statement = textOf(text, span);
      if (!after.includes(statement) || statement.includes(`const ${fault.stage} =`)) continue;
      const before = { ...fault.before, [file]: text.replace(statement, () => "") };
      const files = { ...fault.edit.files, [file]: after.replace(statement, () => "") };
      yield { ...fault, before, edit: { ...fault.edit, files } };
    }
  }
}

async function isFault({ before, edit, stage }: Fault, truths: TruthProcess): Promise<boolean> {
  const [one, two] = [await truths.of(before), await truths.of(edit.files)];
  if (one.failed !== undefined || two.failed !== undefined) return false;
  const values = [one.values[stage], two.values[stage]] as const;
  if (values[0] === undefined || values[1] === undefined || values[0].startsWith("throws")) return false;
  if ((values[0] === values[1]) !== edit.isNoise) return false;
  const [was, is] = [versionOf(before, stage), versionOf(edit.files, stage)];
  return was !== undefined && (was === is) !== edit.isNoise;
}

function versionOf(files: Program, stage: string): string | undefined {
  const project = new Project({ "package.json": '{"type":"module"}' });
  try {
    return versionsIn(project, files, new MemoryDerived())[stage];
  } finally {
    project.remove();
  }
}

/** A fault in words: the program before the edit, and after. */
export function inWords({ seed, edit, before, stage, values }: Fault): string {
  const changed = Object.keys(before).filter((file) => before[file] !== edit.files[file]);
  const whole = (files: Program, names: readonly string[]): string =>
    names.map((file) => `// ${file}\n${files[file]!.replace(/\n{2,}/g, "\n")}`).join("\n");
  return [
    `seed ${seed}: ${edit.kind} in ${edit.file}; ${stage} ${edit.isNoise ? "moved for nothing" : "was missed"}`,
    `${values[0]}\n${values[1]}`,
    whole(
      before,
      Object.keys(before).filter((file) => before[file]!.trim() !== ""),
    ),
    "-- after",
    whole(edit.files, changed),
  ].join("\n");
}
