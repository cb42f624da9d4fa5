import { MemoryDerived, Project, versionsOf } from "../project.ts";
import { Chance } from "./chance.ts";
import { generateProgram, type Program } from "./generator.ts";
import { type RandomEdit, randomEdit } from "./random-edits.ts";
import type { Truth, TruthProcess } from "./truth.ts";

/** An edit that changed what a stage gives and not its version, or the version and should not have. */
export interface Fault {
  readonly seed: number;
  readonly edit: RandomEdit;
  readonly before: Program;
  readonly stage: string;
  readonly values: readonly [before: string, after: string];
}

export interface Counts {
  programs: number;
  edits: number;
  /** Edits of programs that cannot be loaded, before or after. */
  unloadable: number;
  /** Pairs of an edit and a stage whose value it changed. */
  changed: number;
  unchanged: number;
  /** By kind of edit: pairs of an edit and a stage whose version moved though its value did not, of all whose value did not. */
  readonly moved: Map<string, { moved: number; of: number }>;
}

export function noCounts(): Counts {
  return { programs: 0, edits: 0, unloadable: 0, changed: 0, unchanged: 0, moved: new Map() };
}

/** The code versions of a program's stages, from a cache that knows the program before. */
export function versionsIn(project: Project, files: Program, derived: MemoryDerived): Record<string, string> {
  project.write(files);
  return Object.fromEntries([...versionsOf(project, files, { derived })].map(([name, { digest }]) => [name, digest]));
}

/** Compares versions with what really happens, for one program and some edits of it. */
export async function compare(seed: number, edits: number, truths: TruthProcess, counts: Counts): Promise<Fault[]> {
  const before = generateProgram(seed);
  const truth = await truths.of(before);
  if (truth.failed !== undefined) return [];
  counts.programs++;
  const project = new Project({ "package.json": '{"type":"module"}' });
  const derived = new MemoryDerived();
  const faults: Fault[] = [];
  try {
    const versions = versionsIn(project, before, derived);
    const chance = new Chance(seed ^ 0x5eed);
    for (let i = 0; i < edits; i++) {
      const edit = randomEdit(before, chance);
      if (!edit) continue;
      const after = await truths.of(edit.files);
      counts.edits++;
      if (after.failed !== undefined) {
        counts.unloadable++;
        continue;
      }
      const now = versionsIn(project, edit.files, derived);
      project.write(before);
      for (const fault of faultsOf(truth, after, versions, now, edit, counts))
        faults.push({ seed, edit, before, ...fault });
    }
  } finally {
    project.remove();
  }
  return faults;
}

function* faultsOf(
  before: Truth & { readonly values: Readonly<Record<string, string>> },
  after: Truth & { readonly values: Readonly<Record<string, string>> },
  versions: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
  { kind, isNoise }: RandomEdit,
  counts: Counts,
): Iterable<Pick<Fault, "stage" | "values">> {
  for (const [stage, value] of Object.entries(before.values)) {
    const next = after.values[stage];
    // A stage that is gone, or that failed, has no result that could be served.
    if (next === undefined || now[stage] === undefined || value.startsWith("throws")) continue;
    if (versions[stage] === undefined) throw new Error(`${stage} has no version`);
    const moved = versions[stage] !== now[stage];
    if (next !== value) {
      counts.changed++;
      if (!moved) yield { stage, values: [value, next] };
      continue;
    }
    counts.unchanged++;
    const entry = counts.moved.get(kind) ?? { moved: 0, of: 0 };
    counts.moved.set(kind, entry);
    entry.of++;
    if (moved) {
      entry.moved++;
      if (isNoise) yield { stage, values: [value, next] };
    }
  }
}
