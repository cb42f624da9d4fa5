import path from "node:path";
import type { StoredCache } from "../../cache/stored-cache.ts";
import type { ExitCode } from "../command.ts";
import type { cacheOptions, OptionValues } from "../options.ts";
import { cacheRoot, warn } from "../project.ts";
import type { Terminal } from "../terminal.ts";

/** Opens the explicit cache of the project, making it where there is none, lends it, and closes it whatever happens. */
export async function withCache(
  options: OptionValues<typeof cacheOptions>,
  terminal: Terminal,
  use: (cache: StoredCache) => Promise<ExitCode>,
): Promise<ExitCode> {
  const root = await cacheRoot(options, terminal, { make: true });
  const folder = path.resolve(terminal.cwd, options["cache-dir"] ?? path.join(root, ".sluice"));
  const { openStoredCache } = await import("../../cache/open-cache.ts");
  const cache = await openStoredCache(folder, { root, onWarning: (warning) => warn(terminal, warning) });
  try {
    return await use(cache);
  } finally {
    await cache.close();
  }
}
