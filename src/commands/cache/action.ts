import { fail } from "../../core/failure.ts";
import type { Workspace } from "../../run/workspace.ts";
import type { ExitCode } from "../command.ts";
import type { Terminal } from "../terminal.ts";

export interface CacheCall {
  readonly workspace: Workspace;
  readonly terminal: Terminal;
  readonly node: string | undefined;
  readonly json: boolean;
  readonly repair: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/** One verb of `sluice cache`. */
export type CacheAction = (call: CacheCall) => Promise<ExitCode>;

/** @throws SluiceError `read-only` where the cache cannot be changed */
export function mustBeWritable({ metadata, cacheDir }: Workspace): void {
  if (!metadata.readOnly) return;
  fail("read-only", "the cache cannot be changed", {
    ...(cacheDir === undefined ? {} : { where: { file: cacheDir } }),
    hint: "check its permissions, or use another --cache-dir",
  });
}
