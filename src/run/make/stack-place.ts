import { fileURLToPath } from "node:url";
import type { Place } from "../../core/failure.ts";

/** The first place of the user's own code in an error's stack; packages and Node itself are passed over. */
export function placeInStack(error: unknown): Place | undefined {
  if (!(error instanceof Error) || typeof error.stack !== "string") return undefined;
  for (const line of error.stack.split("\n")) {
    const match = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*):(\d+):(\d+)\)?$/.exec(line.trimEnd());
    if (!match || line.includes("node_modules")) continue;
    const [, location, lineNumber, column] = match;
    const file = location!.startsWith("file://") ? fileURLToPath(location!) : location!;
    return { file, line: Number(lineNumber), column: Number(column) };
  }
  return undefined;
}
