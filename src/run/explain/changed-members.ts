import type { CodePart } from "../../core/code-part.ts";
import type { CodeChange } from "./code-change.ts";

/** Which members of a class changed; none where that is no class, or where its text is not at hand. Stages share what was found. */
export async function membersOf(
  { change, part, was }: CodeChange,
  textOf: (part: CodePart) => string | undefined,
): Promise<readonly string[]> {
  if (change !== "changed" || part.kind !== "declaration" || part.file === undefined || !was) return [];
  const id = JSON.stringify([was.digest, part.digest]);
  const earlier = found.get(part);
  if (earlier?.id === id) return earlier.members;
  const [before, after] = [was.text, part.text ?? textOf(part)];
  const isClass = before !== undefined && after !== undefined && /\bclass\b/.test(before) && /\bclass\b/.test(after);
  // Parsing is for what runs because a class changed, and for no other.
  const members = isClass ? await compare(part.file, before, after) : [];
  found.set(part, { id, members });
  return members;
}

const found = new WeakMap<CodePart, { readonly id: string; readonly members: readonly string[] }>();

async function compare(file: string, before: string, after: string): Promise<readonly string[]> {
  const { changedMembers } = await import("../../analyse/syntax/class-members.ts");
  return changedMembers(file, before, after);
}
