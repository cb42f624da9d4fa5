import { type ModuleSummary, RefFlag, type Unit } from "../syntax/module-summary.ts";
import { LineIndex } from "../syntax/syntax.ts";
import type { SiteArgument } from "./call-site.ts";

/**
 * The functions that a module declares, by where they are: what its summary says of them is all that there is to say, so nothing has to
 * be parsed for them. They capture nothing, as only the module is around them.
 */
export class DeclaredFunctions {
  readonly #lines: LineIndex;
  /** In the order of the source. */
  readonly #units: readonly Whole[];
  readonly #found = new Map<Unit, SiteArgument>();

  /** @param source of the module that is summed up */
  constructor({ units }: Pick<ModuleSummary, "units">, source: string) {
    this.#lines = new LineIndex(source);
    this.#units = units.filter(isWhole).sort((a, b) => a.whole[0] - b.whole[0]);
  }

  /** The function whose head, up to its parameters, is at a place; undefined for any other place. */
  at(line: number, column: number): SiteArgument | undefined {
    const offset = this.#lines.offset(line, column);
    const units = this.#units;
    let [low, high] = [0, units.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (units[middle]!.whole[0] <= offset) low = middle + 1;
      else high = middle;
    }
    const unit = units[low - 1];
    return unit && offset <= unit.whole[1] ? this.#codeOf(unit) : undefined;
  }

  #codeOf(unit: Whole): SiteArgument {
    let code = this.#found.get(unit);
    if (!code) {
      const { digest, refs, dependencies, features, blind } = unit;
      const [start, , end] = unit.whole;
      const { line } = this.#lines.place(start);
      code = {
        digest,
        span: [start, end],
        refs: bare(refs),
        dependencies,
        features,
        blind,
        line,
        captured: [],
        made: true,
      };
      this.#found.set(unit, code);
    }
    return code;
  }
}

type Whole = Unit & Required<Pick<Unit, "whole">>;

function isWhole(unit: Unit): unit is Whole {
  return unit.whole !== undefined;
}

/** What is referred to, however that is used: once each. */
function bare(refs: Unit["refs"]): Unit["refs"] {
  if (refs.length === 0) return refs;
  const found = new Map<string, Unit["refs"][number]>();
  for (const { name, member, flags } of refs) {
    const ref = { name, ...(member === undefined ? {} : { member }), flags: flags & RefFlag.global };
    found.set(`${name}.${member ?? ""}`, ref);
  }
  return [...found.values()];
}
