import type { CodePart } from "../../core/code-part.ts";
import type { Digest } from "../../core/digest.ts";
import type { RunReason } from "../../core/event.ts";
import type { RecordedInput, ResultRecord, Wanted } from "../../core/record.ts";
import type { ResultsAhead } from "../../metadata/metadata.ts";
import type { StageFacts } from "../decision.ts";
import type { Workspace } from "../workspace.ts";
import { membersOf } from "./changed-members.ts";
import { codeReason, compareCode } from "./code-change.ts";

/** How many earlier results of a node are looked at to find the nearest. */
export const lookBack = 50;

/** Why a stage has no result under its key: how it differs from the nearest result it has, and the key of that. */
export async function reasonsAgainst(
  workspace: Workspace,
  ahead: ResultsAhead,
  facts: StageFacts,
  inputs: readonly RecordedInput[],
): Promise<{ readonly reasons: readonly RunReason[]; readonly comparedWith?: Digest }> {
  const { name } = facts.node;
  if (ahead.hasNone(name)) return { reasons: [withoutEarlier(ahead.ranBefore(name))] };
  const newest = ahead.newestOf(name);
  // Mostly the newest differs in one thing, and none can be nearer.
  const nearest = newest && differsInOne(newest, facts, inputs) ? newest : await nearestOf(workspace, facts, inputs);
  if (!nearest) return { reasons: [withoutEarlier(ahead.ranBefore(name))] };
  return { reasons: await differences(workspace, facts, inputs, nearest), comparedWith: nearest.key };
}

async function nearestOf(
  { metadata }: Workspace,
  facts: StageFacts,
  inputs: readonly RecordedInput[],
): Promise<ResultRecord | undefined> {
  return nearestResult(await metadata.resultsOf(facts.node.name, lookBack), facts, inputs);
}

function differsInOne(earlier: ResultRecord, facts: StageFacts, inputs: readonly RecordedInput[]): boolean {
  if (settingReasons(facts.settings, earlier.settings).length > 0) return false;
  return shared(earlier, facts, inputs) === inputs.length;
}

/** How many of the things that make a key, code and inputs, are as in an earlier result. */
function shared(
  earlier: ResultRecord,
  { codeVersion }: Pick<StageFacts, "codeVersion">,
  inputs: readonly RecordedInput[],
) {
  const now = new Map(inputs.map((input) => [input.name, input.version]));
  let count = earlier.codeVersion === codeVersion ? 1 : 0;
  for (const input of earlier.inputs) if (now.get(input.name) === input.version) count += 1;
  return count;
}

/** What it means that a node has no earlier result: how long it took is remembered even after its results were removed. */
export function withoutEarlier(ranBefore: boolean): RunReason {
  return { kind: ranBefore ? "evicted" : "first-run" };
}

/** The earlier result that shares most with what is wanted now; of those that share as much, the newest. */
export function nearestResult(
  earlier: readonly ResultRecord[],
  facts: Pick<StageFacts, "codeVersion">,
  inputs: readonly RecordedInput[],
): ResultRecord | undefined {
  let best: ResultRecord | undefined;
  let bestScore = -1;
  for (const record of earlier) {
    const score = shared(record, facts, inputs);
    if (score > bestScore) [best, bestScore] = [record, score];
  }
  return best;
}

/** Each thing that differs between what is wanted now and an earlier result, and if nothing does, what that means. */
export async function differences(
  workspace: Workspace,
  facts: StageFacts,
  inputs: readonly RecordedInput[],
  earlier: ResultRecord,
): Promise<readonly RunReason[]> {
  const { codeVersion, settings, code } = facts;
  const reasons = await changesSince(
    workspace,
    { codeVersion, settings, inputs },
    async () => code.parts,
    earlier,
    (part) => workspace.analyser.textOf(part),
  );
  // Equal in all that a person can name, and still no result under the key: it was removed.
  return reasons.length > 0 ? reasons : [{ kind: "evicted" }];
}

/**
 * Each thing that differs between what is wanted and an earlier result.
 * @param textOf the text of a part that comes without
 */
export async function changesSince(
  workspace: Pick<Workspace, "metadata">,
  wanted: Wanted,
  parts: () => Promise<readonly CodePart[] | undefined>,
  earlier: ResultRecord,
  textOf: (part: CodePart) => string | undefined = ({ text }) => text,
): Promise<readonly RunReason[]> {
  const sameCode = earlier.codeVersion === wanted.codeVersion;
  return [
    ...(sameCode ? [] : await codeReasons(workspace, await parts(), earlier, textOf)),
    ...inputReasons(wanted.inputs, earlier.inputs),
    ...settingReasons(wanted.settings, earlier.settings),
  ];
}

async function codeReasons(
  workspace: Pick<Workspace, "metadata">,
  after: readonly CodePart[] | undefined,
  earlier: ResultRecord,
  textOf: (part: CodePart) => string | undefined,
): Promise<RunReason[]> {
  const before = await workspace.metadata.getCode(earlier.codeVersion);
  if (!before || !after) return [{ kind: "code" }];
  const changes = compareCode(before, after);
  if (changes.length === 0)
    return [{ kind: "code", name: "version", detail: "another `version` was given, or Node or Sluice is another" }];
  const reasons: RunReason[] = [];
  for (const change of changes) {
    const members = await membersOf(change, textOf);
    reasons.push({ ...codeReason(change), ...(members.length > 0 ? { members } : {}) });
  }
  return reasons;
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
