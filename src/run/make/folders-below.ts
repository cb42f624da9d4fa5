import { lstatSync, mkdirSync } from "node:fs";
import path from "node:path";
import { fail } from "../../core/failure.ts";
import { attempt } from "../../platform/files.ts";

/**
 * Makes the folders of a path below another. A link among them is not followed: where it leads nobody has said.
 * @param inside relative to the other folder, `/` between parts
 * @param made the paths that are known to be there, which grow
 * @throws SluiceError `unsupported-value` where something else is in the way
 */
export function makeFoldersBelow(root: string, inside: string, made: Set<string>): void {
  if (inside === "." || made.has(inside)) return;
  makeFoldersBelow(root, path.posix.dirname(inside), made);
  const at = path.join(root, inside);
  attempt("making a folder", at, () => {
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (!found) mkdirSync(at);
    else if (!found.isDirectory()) {
      const what = found.isSymbolicLink() ? "a link, which may lead elsewhere" : "there, and is no folder";
      fail("unsupported-value", `${at} is ${what}`, { where: { file: at }, hint: "remove it, or name another folder" });
    }
  });
  made.add(inside);
}
