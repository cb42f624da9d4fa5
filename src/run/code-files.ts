import type { CodePart } from "../core/code-part.ts";
import { digestOf } from "./file-version.ts";
import type { Workspace } from "./workspace.ts";

/** Has code versioned by the files that it reads as they are now. Gives whether one has changed since they were looked at last. */
export function renewCode(workspace: Workspace): boolean {
  return workspace.analyser.renew(digestOf(workspace));
}

/** A file that code reads and that is not what its version says any more, if there is one. */
export function changedCodeFile(workspace: Workspace, parts: readonly CodePart[]): string | undefined {
  return workspace.analyser.changedFile(parts, digestOf(workspace));
}
