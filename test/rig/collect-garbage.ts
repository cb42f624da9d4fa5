import { collectGarbage as collect } from "../../src/run/keeping/collect-garbage.ts";
import type { Workspace } from "../../src/run/workspace.ts";

/** What `sluice cache gc` does, in this process, also with what was stored a moment ago. */
export async function collectGarbage(workspace: Workspace): Promise<void> {
  await collect(workspace, { grace: 0 });
}
