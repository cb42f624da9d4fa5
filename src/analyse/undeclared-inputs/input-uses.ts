import type { Program, ProgramModule } from "../program/program.ts";
import type { AnalysedModule } from "../syntax/analysed-module.ts";
import { allowancesIn } from "./allowances.ts";
import { hintFor } from "./input-kind.ts";
import type { FoundUse, InputUse } from "./input-use.ts";
import { PathFlows } from "./path-flow.ts";
import { ProgramOrigins } from "./program-origins.ts";
import { UseFinder } from "./use-finder.ts";

/** Finds what the modules of a program depend on besides what is declared. Installed packages are not looked into. */
export class InputUses {
  readonly #program: Program;
  readonly #origins: ProgramOrigins;
  readonly #byModule = new Map<ProgramModule, readonly InputUse[]>();

  constructor(program: Program) {
    this.#program = program;
    this.#origins = new ProgramOrigins(program);
  }

  /** All of a module, in the order of its source, whether or not something reaches it. None where it cannot be parsed. */
  in(module: ProgramModule): readonly InputUse[] {
    let uses = this.#byModule.get(module);
    if (!uses) {
      uses = this.#find(module);
      this.#byModule.set(module, uses);
    }
    return uses;
  }

  #find(module: ProgramModule): readonly InputUse[] {
    // One that cannot be parsed is said to be so with the code version.
    const analysed = this.#program.analyse(module.file);
    if ("problem" in analysed || module.summary.problem !== undefined) return [];
    const origins = this.#origins.of(module, analysed);
    const paths = new PathFlows(origins, (specifier) => {
      const { kind } = this.#program.resolve(module, { specifier, kind: "asset" });
      return kind === "file" || kind === "module";
    });
    const allowances = allowancesIn(analysed);
    const placed = (use: FoundUse): InputUse => ({ ...use, ...placeOf(module, analysed, use) });
    const uses = foundIn(module, () => new UseFinder(origins, paths).find()).map((use): InputUse => {
      const allowed = allowances.reasonFor(use);
      return allowed === undefined ? placed(use) : { ...placed(use), allowed };
    });
    return [...uses, ...allowances.wrong.map(placed)].sort((a, b) => a.offset - b.offset);
  }
}

function placeOf({ name, bundle }: ProgramModule, { lines }: AnalysedModule, { offset }: FoundUse) {
  const place = lines.place(offset);
  const before = bundle?.place(place.line, place.column);
  const from = bundle?.originOf(offset)?.from;
  return before && from !== undefined
    ? { file: from, line: before.line, column: before.column }
    : { file: name, ...place };
}

/** Syntax is walked by recursion: what is nested deeper than the stack is said of each declaration, since any may be it. */
function foundIn({ units }: ProgramModule, find: () => readonly FoundUse[]): readonly FoundUse[] {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const what = "code that is nested too deeply to be looked into";
    const use = { kind: "code", level: "warning", what, name: what, hint: hintFor("code"), initialises: [] } as const;
    return units.map(({ unit: { span } }) => ({ ...use, offset: span[0] ?? 0 }));
  }
}
