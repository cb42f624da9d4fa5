import type { CodePart } from "../../core/code-part.ts";
import type { TextDifference } from "../difference/difference.ts";
import { type CodeChange, codeReason, compareCode } from "./code-change.ts";
import type { ExplainedCode, PathStep } from "./explanation.ts";
import { importPaths } from "./import-path.ts";

/** Lines of a difference that are kept; what is longer is a rewrite, which is read in the files. */
const mostLines = 60;

/**
 * What differs between two versions of a stage's code, with how the stage gets there and how the texts differ.
 * @param textOf the text of a part of the newer version that comes without
 */
export async function explainCode(
  before: readonly CodePart[],
  after: readonly CodePart[],
  textOf: (part: CodePart) => string | undefined,
): Promise<readonly ExplainedCode[]> {
  const changes = compareCode(before, after);
  if (changes.length === 0) return [];
  const [pathNow, pathThen] = [importPaths(after), importPaths(before)];
  const explained: ExplainedCode[] = [];
  for (const change of changes) {
    const { part, was } = change;
    const path = (change.change === "removed" ? pathThen : pathNow)(part);
    const { kind, line } = part;
    const file = writtenIn(part);
    const { name } = codeReason(change);
    explained.push({
      kind,
      name: name ?? part.name,
      ...(file === undefined ? {} : { file }),
      ...(line === undefined ? {} : { line }),
      change: change.change,
      ...(was?.file !== undefined && writtenIn(was) !== file ? { was: declaredIn(was) } : {}),
      // To its own code a stage needs no way.
      ...(path && path.length > 1 ? { path: path.map(step) } : {}),
      ...(await explainText(change, textOf)),
    });
  }
  return explained;
}

type ExplainedText = Pick<ExplainedCode, "before" | "after" | "difference" | "note">;

async function explainText(change: CodeChange, textOf: (part: CodePart) => string | undefined): Promise<ExplainedText> {
  const { part, was } = change;
  if (part.kind === "package" || part.kind === "captured") {
    const { before, after } = codeReason(change);
    return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  }
  const now = change.change === "removed" ? undefined : (part.text ?? textOf(part));
  const then = change.change === "removed" ? part.text : was?.text;
  const told = sides(then, now, change);
  if (change.change !== "changed") return told;
  const length = Math.max(part.textLength ?? 0, was?.textLength ?? 0);
  if (length > 0) return { ...told, note: `its text is too long to compare: ${length} characters` };
  if (then === undefined || now === undefined) return told;
  if (then === now) return { ...told, note: leadsElsewhere(was!, part) };
  const { differenceOf } = await import("../difference/difference.ts");
  const difference = (await differenceOf(`${then}\n`, `${now}\n`, { limit: mostLines })) as TextDifference;
  return { ...told, difference };
}

function sides(then: string | undefined, now: string | undefined, { change }: CodeChange): ExplainedText {
  return {
    ...(then === undefined || change === "added" ? {} : { before: then }),
    ...(now === undefined || change === "removed" ? {} : { after: now }),
  };
}

/** Says of code that is written as it was what its names mean now. */
function leadsElsewhere(was: CodePart, now: CodePart): string {
  const [then, since] = [new Set(was.uses), new Set(now.uses)];
  const lost = [...then].filter((use) => !since.has(use));
  const got = [...since].filter((use) => !then.has(use));
  if (lost.length === 0 && got.length === 0) return "its text is the same, but what it refers to is not";
  const leads = [
    ...(lost.length > 0 ? [`no longer to ${lost.join(", ")}`] : []),
    ...(got.length > 0 ? [`to ${got.join(", ")}`] : []),
  ];
  return `its text is the same, but it leads ${leads.join(", but ")}`;
}

/** The file of the author's, also where a bundler has put its code into another. */
function writtenIn({ file, from }: CodePart): string | undefined {
  return from ?? file;
}

function declaredIn(part: CodePart): { readonly file: string; readonly line?: number } {
  const file = writtenIn(part)!;
  return part.line === undefined ? { file } : { file, line: part.line };
}

function step(part: CodePart): PathStep {
  const { name, line } = part;
  const file = writtenIn(part);
  return { name, ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) };
}
