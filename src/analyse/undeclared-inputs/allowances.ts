import type { AnalysedModule } from "../syntax/analysed-module.ts";
import { isNode, type Node } from "../syntax/syntax.ts";
import { type InputKind, inputKinds, isInputKind } from "./input-kind.ts";
import type { FoundUse } from "./input-use.ts";

/**
 * A comment that allows undeclared inputs: `// sluice-allow: clock, random -- only for the log`. At the end of a line it is
 * meant for that line, on a line of its own for the statement, member or property below it.
 */
interface Allowance {
  readonly kinds: ReadonlySet<InputKind>;
  readonly reason: string;
  readonly start: number;
  readonly end: number;
}

export interface Allowances {
  /** Why a use is allowed; undefined if it is not. */
  reasonFor(use: FoundUse): string | undefined;
  /** Comments that are not written as they should be, where what they are meant for stands. */
  readonly wrong: readonly FoundUse[];
}

const marker = "sluice-allow";

/** The comments of a module that allow something. */
export function allowancesIn(module: AnalysedModule): Allowances {
  const allowances: Allowance[] = [];
  const wrong: FoundUse[] = [];
  for (const { value, start, end } of module.parsed.comments) {
    const text = value.replace(/^[\s*]+/, "");
    if (!text.startsWith(marker)) continue;
    const range = rangeOf(module, start, end);
    const problem = problemOf(text);
    if (problem === undefined) {
      const [kinds = "", reason = ""] = partsOf(text);
      const named = kinds.split(/[\s,]+/).filter(isInputKind);
      allowances.push({ kinds: new Set(named), reason: reason.trim().replaceAll(/\s+/g, " "), ...range });
    } else wrong.push(wrongComment(text, problem, range.start));
  }
  return {
    reasonFor: ({ kind, offset }) =>
      allowances.find(({ kinds, start, end }) => kinds.has(kind) && start <= offset && offset < end)?.reason,
    wrong,
  };
}

function wrongComment(text: string, problem: string, offset: number): FoundUse {
  const [what = ""] = text.split("\n");
  const hint = `${problem}; write // ${marker}: KIND -- REASON`;
  return {
    kind: "code",
    level: "warning",
    what: what.trim().slice(0, 60),
    name: marker,
    hint,
    offset,
    initialises: [],
  };
}

/** `kinds -- reason` after the marker. */
function partsOf(text: string): readonly [kinds?: string, reason?: string] {
  const rest = text.slice(marker.length).replace(/^\s*:/, "");
  const at = rest.indexOf("--");
  return at < 0 ? [rest.trim()] : [rest.slice(0, at).trim(), rest.slice(at + 2).trim()];
}

function problemOf(text: string): string | undefined {
  const [kinds = "", reason = ""] = partsOf(text);
  const unknown = kinds.split(/[\s,]+/).find((kind) => !isInputKind(kind));
  if (kinds === "") return "it names no kind of input";
  if (unknown !== undefined) return `there is no kind "${unknown}": the kinds are ${inputKinds.join(", ")}`;
  return reason === "" ? "it gives no reason" : undefined;
}

/** What a comment is meant for. */
function rangeOf({ parsed, lines }: AnalysedModule, start: number, end: number): { start: number; end: number } {
  const { source, program } = parsed;
  const lineStart = lines.offset(lines.place(start).line, 1);
  if (source.slice(lineStart, start).trim() !== "") return { start: lineStart, end: endOfLine(source, end) };
  const below = /^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/.exec(source.slice(end))![0].length + end;
  let widest = { start: below, end: endOfLine(source, below) };
  const pending: Node[] = [program as unknown as Node];
  for (let node = pending.pop(); node; node = pending.pop()) {
    // Nodes that do not have it inside cannot begin there.
    if (node.start > below || node.end <= below) continue;
    if (node.start === below && node.end > widest.end && isCoverable(node)) widest = { start: below, end: node.end };
    for (const value of Object.values(node) as unknown[]) {
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) pending.push(child);
    }
  }
  return widest;
}

function isCoverable({ type }: Node): boolean {
  return /(?:Statement|Declaration|Definition|Property|StaticBlock|SwitchCase)$/.test(type);
}

function endOfLine(source: string, from: number): number {
  const at = source.indexOf("\n", from);
  return at < 0 ? source.length : at;
}
