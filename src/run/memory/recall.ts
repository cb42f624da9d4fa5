import path from "node:path";
import { lookAt, stateText } from "../command/argument-files.ts";
import type { Store } from "../workspace.ts";
import { howCodeHolds } from "./known-code.ts";
import { endHolds } from "./known-end.ts";
import type { RememberedRun } from "./remembered-run.ts";
import { sourceHolds } from "./remembered-source.ts";

/**
 * Whether all that a remembered run followed from is as it was: what is cheap to see first. `content` tells that files had to be
 * looked into to know it, as every run has to until it is sealed anew.
 */
export async function howItHolds(
  store: Store,
  file: string,
  run: RememberedRun,
): Promise<"sealed" | "content" | undefined> {
  if ((await store.metadata.generation()) !== run.generation) return undefined;
  const how = howCodeHolds(store, file, run);
  const holds =
    how !== undefined &&
    run.looked.every(([at, state]) => stateText(lookAt(store.files, path.resolve(store.root, at))) === state) &&
    (await sourcesHold(store, run)) &&
    (await endHolds(store, run));
  return holds ? how : undefined;
}

async function sourcesHold({ root, files }: Store, { sources, ignore }: RememberedRun): Promise<boolean> {
  const ignored = ignore.map((each) => path.resolve(root, each));
  const context = { root, files, params: new Map(), env: process.env, ignore: ignored };
  for (const source of sources) if (!(await sourceHolds(source, context))) return false;
  return true;
}
