import type { CodePart } from "../core/code-part.ts";
import type { RunReason } from "../core/event.ts";
import type { RecordedInput, ResultRecord } from "../core/record.ts";
import type { StageFacts } from "./decision.ts";
import type { Workspace } from "./workspace.ts";

/** How many earlier results of a node are looked at to find the nearest. */
const lookBack = 50;

/** Why a stage has no result under its key: how it differs from the nearest result it has. */
export async function reasonsAgainst(
  workspace: Workspace,
  facts: StageFacts,
  inputs: readonly RecordedInput[],
): Promise<readonly RunReason[]> {
  const earlier = await workspace.metadata.resultsOf(facts.node.name, lookBack);
  const nearest = nearestResult(earlier, facts, inputs);
  if (!nearest) return [{ kind: "first-run" }];
  return differences(workspace, facts, inputs, nearest);
}

/** The earlier result that shares most with what is wanted now; of those that share as much, the newest. */
export function nearestResult(
  earlier: readonly ResultRecord[],
  facts: StageFacts,
  inputs: readonly RecordedInput[],
): ResultRecord | undefined {
  const now = new Map(inputs.map((input) => [input.name, input.version]));
  let best: ResultRecord | undefined;
  let bestScore = -1;
  for (const record of earlier) {
    let score = record.codeVersion === facts.codeVersion ? 1 : 0;
    for (const input of record.inputs) if (now.get(input.name) === input.version) score += 1;
    if (score > bestScore) [best, bestScore] = [record, score];
  }
  return best;
}

/** Each thing that differs between what is wanted now and an earlier result. */
export async function differences(
  workspace: Workspace,
  facts: StageFacts,
  inputs: readonly RecordedInput[],
  earlier: ResultRecord,
): Promise<readonly RunReason[]> {
  const reasons: RunReason[] = [];
  if (earlier.codeVersion !== facts.codeVersion) reasons.push(...(await codeReasons(workspace, facts, earlier)));
  reasons.push(...inputReasons(inputs, earlier.inputs));
  reasons.push(...settingReasons(facts.settings, earlier.settings));
  // Equal in all that a person can name, and still no result under the key: it was removed.
  return reasons.length > 0 ? reasons : [{ kind: "evicted" }];
}

async function codeReasons(workspace: Workspace, facts: StageFacts, earlier: ResultRecord): Promise<RunReason[]> {
  const before = await workspace.metadata.getCode(earlier.codeVersion);
  if (!before) return [{ kind: "code" }];
  const changes = compareCode(before, facts.code.parts);
  if (changes.length === 0) return [{ kind: "code", name: "version", detail: "another `version` was given" }];
  return changes.map(({ part, change }) => ({
    kind: "code",
    name: part.name,
    detail: change,
    ...(part.file === undefined ? {} : { file: part.file }),
    ...(part.line === undefined ? {} : { line: part.line }),
  }));
}

export interface CodeChange {
  readonly part: CodePart;
  readonly change: "added" | "removed" | "changed";
}

/** The parts that differ between two versions of a stage's code. */
export function compareCode(before: readonly CodePart[], after: readonly CodePart[]): readonly CodeChange[] {
  const old = new Map(before.map((part) => [identity(part), part]));
  const changes: CodeChange[] = [];
  for (const part of after) {
    const id = identity(part);
    const was = old.get(id);
    old.delete(id);
    if (!was) changes.push({ part, change: "added" });
    else if (was.digest !== part.digest) changes.push({ part, change: "changed" });
  }
  for (const part of old.values()) changes.push({ part, change: "removed" });
  return changes;
}

function identity(part: CodePart): string {
  return JSON.stringify([part.kind, part.file, part.name]);
}

function inputReasons(now: readonly RecordedInput[], before: readonly RecordedInput[]): RunReason[] {
  const old = new Map(before.map((input) => [input.name, input]));
  const reasons: RunReason[] = [];
  for (const input of now) {
    const was = old.get(input.name);
    old.delete(input.name);
    if (was?.version === input.version) continue;
    reasons.push({
      kind: reasonKind(input),
      name: input.node ?? input.name,
      // Texts that are the same say nothing: both versions of a file may have the same size.
      ...(was?.preview === undefined || was.preview === input.preview ? {} : { before: was.preview }),
      ...(input.preview === undefined || was?.preview === input.preview ? {} : { after: input.preview }),
      ...(was ? {} : { detail: "added" }),
    });
  }
  for (const input of old.values()) {
    reasons.push({ kind: reasonKind(input), name: input.node ?? input.name, detail: "removed" });
  }
  return reasons;
}

function reasonKind(input: RecordedInput): RunReason["kind"] {
  switch (input.kind) {
    case "file":
    case "glob":
    case "dir":
      return "file";
    case "param":
    case "env":
      return input.kind;
    default:
      return "input";
  }
}

/** The settings that differ. */
export function settingReasons(now: StageFacts["settings"], before: ResultRecord["settings"]): readonly RunReason[] {
  const reasons: RunReason[] = [];
  for (const name of new Set([...Object.keys(now), ...Object.keys(before)])) {
    const [was, is] = [JSON.stringify(before[name]), JSON.stringify(now[name])];
    if (was === is) continue;
    reasons.push({
      kind: "setting",
      name,
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    });
  }
  return reasons;
}
