import { gc } from "../../src/commands/cache/gc.ts";
import type { Terminal } from "../../src/commands/terminal.ts";
import type { Workspace } from "../../src/run/workspace.ts";

/** What `sluice cache gc` does, in this process. */
export async function collectGarbage(workspace: Workspace): Promise<void> {
  const terminal = { out: { write: () => {} } } as unknown as Terminal;
  await gc({ workspace, terminal, node: undefined, json: true, repair: false, dryRun: false, yes: true });
}
