import type { Workspace } from "../workspace.ts";
import type { Threads } from "./threads.ts";

const opened = new WeakMap<Workspace, Promise<Threads>>();

/** The threads of a workspace. What they are made with is loaded when the first is wanted. */
export function threadsOf(workspace: Workspace): Promise<Threads> {
  let threads = opened.get(workspace);
  if (!threads) {
    threads = import("./threads.ts").then(({ Threads }) => new Threads());
    opened.set(workspace, threads);
  }
  return threads;
}

/** Ends the threads of a workspace, if it has any. */
export async function closeThreads(workspace: Workspace): Promise<void> {
  const threads = opened.get(workspace);
  opened.delete(workspace);
  await (await threads)?.close();
}
