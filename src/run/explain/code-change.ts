import type { CodePart } from "../../core/code-part.ts";
import type { RunReason } from "../../core/event.ts";

/** One part that differs between two versions of a stage's code. */
export interface CodeChange {
  /** As it is now; as it was, if it is gone. */
  readonly part: CodePart;
  /** `moved`: it is the same in another file. */
  readonly change: "added" | "removed" | "changed" | "moved";
  /** As it was, if it changed or moved. */
  readonly was?: CodePart;
}

/** The parts that differ between two versions of a stage's code, in the order of the newer one, then what was removed. */
export function compareCode(before: readonly CodePart[], after: readonly CodePart[]): readonly CodeChange[] {
  const old = identified(before);
  const changes: CodeChange[] = [];
  for (const [id, part] of identified(after)) {
    const was = old.get(id);
    old.delete(id);
    if (!was) changes.push({ part, change: "added" });
    else if (was.digest !== part.digest) changes.push({ part, change: "changed", was });
  }
  for (const part of old.values()) changes.push({ part, change: "removed" });
  return paired(changes);
}

/** Parts by what they are called; where several are called the same (the arguments of one call), by their order too. */
function identified(parts: readonly CodePart[]): Map<string, CodePart> {
  const byId = new Map<string, CodePart>();
  for (const part of parts) {
    const id = JSON.stringify([part.kind, part.file, part.name, part.own]);
    let nth = 0;
    while (byId.has(`${id} ${nth}`)) nth++;
    byId.set(`${id} ${nth}`, part);
  }
  return byId;
}

/** Takes what was removed here and added there for one change: a package of another version, a declaration in another file. */
function paired(changes: readonly CodeChange[]): readonly CodeChange[] {
  const alike = Map.groupBy(changes, ({ part }) => JSON.stringify([part.kind, familiar(part), part.own]));
  return changes.flatMap((each): readonly CodeChange[] => {
    const { part, change } = each;
    const [one, other, ...more] = alike.get(JSON.stringify([part.kind, familiar(part), part.own]))!;
    if (!one || !other || more.length > 0 || part.name === ordersName) return [each];
    if (!(one.change === "added" && other.change === "removed")) return [each];
    if (change === "removed") return [];
    const was = other.part;
    const isMoved = part.kind === "declaration" && was.digest === part.digest;
    return [{ part, change: isMoved ? "moved" : "changed", was }];
  });
}

/** What stands for all orders of statements: each belongs to its file. */
const ordersName = "order of statements";

/** What a part is called whatever its version or its file. */
function familiar({ kind, name }: CodePart): string {
  return kind === "package" ? packageOf(name) : name;
}

/** `@scope/name@1.2.3` without its version. */
export function packageOf(name: string): string {
  const at = name.indexOf("@", 1);
  return at < 0 ? name : name.slice(0, at);
}

/** A change of code as a reason to run. */
export function codeReason({ part, change, was }: CodeChange): RunReason {
  const [before, after] = was ? [shown(was), shown(part)] : [];
  return {
    // A script is the code of a command, but people look for it as a file.
    kind: part.kind === "file" && part.own ? "file" : "code",
    name: nameIn(part, was),
    detail: change,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(part.file === undefined ? {} : { file: part.from ?? part.file }),
    ...(part.line === undefined ? {} : { line: part.line }),
  };
}

function nameIn({ kind, name }: CodePart, was: CodePart | undefined): string {
  if (kind === "captured") return `captured ${name}`;
  return kind === "package" && was ? packageOf(name) : name;
}

/** What a reader is shown of a part on one line: the version of a package, the value of a variable, what a command runs. */
function shown({ kind, name, value }: CodePart): string | undefined {
  if (kind === "captured" || kind === "command") return value;
  return kind === "package" ? name.slice(packageOf(name).length + 1) : undefined;
}
