import { createAnalyser } from "../analyse/analyser.ts";
import { loadedModules } from "../analyse/load/loader.ts";
import { type OpenOptions, openStore } from "./open-store.ts";
import { closeThreads } from "./threads/threads-of.ts";
import type { Store, Workspace } from "./workspace.ts";

/**
 * Opens a project's store, making it where there is none, to plan and run with.
 * @throws SluiceError `newer-store`, `damaged-store`, `read-only`, `no-space`, `io`
 */
export async function openWorkspace(options: OpenOptions): Promise<Workspace> {
  return withAnalyser(await openStore(options));
}

/** An open store with what versions code: all that planning and running need. */
export function withAnalyser(store: Store): Workspace {
  const { root, metadata } = store;
  const workspace: Workspace = {
    ...store,
    analyser: createAnalyser({ root, modules: loadedModules, derived: metadata.derived }),
    close: async () => {
      await closeThreads(workspace);
      await store.close();
    },
  };
  return workspace;
}
