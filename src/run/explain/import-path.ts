import { packageNameOf } from "../../analyse/packages/packages.ts";
import type { CodePart } from "../../core/code-part.ts";
import { packageOf } from "./code-change.ts";

/**
 * How a stage gets to each part of its code, by the shortest way: from its own code over the declarations that lead to it.
 * A part that nothing refers to, as a statement that changes what is reached, comes after what it stands beside.
 */
export function importPaths(parts: readonly CodePart[]): (part: CodePart) => readonly CodePart[] | undefined {
  const parents = new Map<CodePart, CodePart | undefined>();
  const named = new Named(parts);
  const reached: CodePart[] = [];
  const reach = (part: CodePart, parent: CodePart | undefined): void => {
    if (parents.has(part)) return;
    parents.set(part, parent);
    reached.push(part);
  };
  for (const part of parts) if (part.own) reach(part, undefined);
  let next = 0;
  for (let grew = true; grew; ) {
    for (; next < reached.length; next++) {
      const from = reached[next]!;
      for (const use of from.uses ?? []) for (const part of named.by(use)) reach(part, from);
    }
    const before = reached.length;
    for (const part of parts) {
      const beside = parents.has(part) ? undefined : standsBeside(part, reached, named);
      if (beside) reach(part, beside);
    }
    grew = reached.length > before;
  }
  return (part) => {
    if (!parents.has(part)) return undefined;
    const path: CodePart[] = [];
    for (let at: CodePart | undefined = part; at; at = parents.get(at)) path.push(at);
    return path.reverse();
  };
}

/** What a part that nobody refers to belongs to: what it changes itself, else what its module is reached for. */
function standsBeside(part: CodePart, reached: readonly CodePart[], named: Named): CodePart | undefined {
  if (part.kind === "package" || part.file === undefined) return undefined;
  const changed = new Set((part.uses ?? []).flatMap((use) => named.by(use)));
  return reached.find((each) => changed.has(each)) ?? reached.find(({ file }) => file === part.file);
}

/** Parts by the names under which others refer to them. */
class Named {
  readonly #byName = new Map<string, CodePart[]>();

  constructor(parts: readonly CodePart[]) {
    for (const part of parts) {
      if (part.own) continue;
      for (const name of namesOf(part)) {
        const known = this.#byName.get(name);
        if (known) known.push(part);
        else this.#byName.set(name, [part]);
      }
    }
  }

  by(use: string): readonly CodePart[] {
    const found = this.#byName.get(use);
    if (found) return found;
    const hash = use.indexOf("#", 1);
    return this.#byName.get(`package ${packageNameOf(hash < 0 ? use : use.slice(0, hash))}`) ?? [];
  }
}

function namesOf({ kind, file, name }: CodePart): readonly string[] {
  if (kind === "package") return [`package ${packageOf(name)}`];
  if (kind === "file") return [`${name}#`];
  return file === undefined ? [] : [`${file}#${name}`, `${file}#*`];
}
