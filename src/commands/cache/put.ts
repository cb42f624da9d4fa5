import path from "node:path";
import { milliseconds } from "../../core/duration.ts";
import { fail } from "../../core/failure.ts";
import { formatBytes } from "../../text/quantity.ts";
import { sanitize } from "../../text/sanitize.ts";
import { type Call, defineCommand, type ExitCode } from "../command.ts";
import { cacheOptions, dryRunOption, jsonOption, type OptionSpecs } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import { keyOf, keyOptions, pairOf } from "./key-flags.ts";
import { withCache } from "./with-cache.ts";

const specs = {
  ...keyOptions,
  file: { type: "string", value: "NAME=PATH", multiple: true, help: "a file to keep (repeatable)" },
  dir: { type: "string", value: "NAME=PATH", multiple: true, help: "a folder to keep (repeatable)" },
  bytes: { type: "string", value: "NAME=TEXT", multiple: true, help: "a text to keep (repeatable)" },
  meta: { type: "string", value: "NAME=TEXT", multiple: true, help: "metadata, shown with the entry (repeatable)" },
  took: { type: "string", value: "TIME", help: "how long the work took, which is what a hit saves: 250ms, 90s, 2m" },
  ...dryRunOption,
  "cache-dir": cacheOptions["cache-dir"],
  ...jsonOption,
} as const satisfies OptionSpecs;

/** `sluice cache put`. */
export const put = defineCommand({
  name: "cache put",
  summary: "keep files, folders and texts under a key",
  arguments: [],
  options: specs,
  details: ["An entry that is there already is replaced. `sluice cache get` with the same key finds it."],
  run: keep,
});

async function keep({ options, terminal }: Call<typeof specs>): Promise<ExitCode> {
  const { json = false, "dry-run": dryRun = false, took, name: label = "cache" } = options;
  const durationMs = took === undefined ? undefined : milliseconds(took);
  if (took !== undefined && durationMs === undefined)
    fail("usage", `--took takes a time, not "${took}"`, { hint: "for example 250ms, 90s or 2m" });
  return withCache(
    options["cache-dir"] === undefined ? {} : { "cache-dir": options["cache-dir"] },
    terminal,
    async (cache) => {
      const { cwd } = terminal;
      const key = keyOf(cache, label, options, { cwd }).build();
      const entry = cache.put(key);
      const inCwd = (given: string): string => path.resolve(cwd, given);
      const pairs = (option: "file" | "dir" | "bytes" | "meta") =>
        (options[option] ?? []).map((given) => pairOf(option, given));
      for (const [name, at] of pairs("file")) entry.file(name, inCwd(at));
      for (const [name, at] of pairs("dir")) entry.dir(name, inCwd(at));
      for (const [name, text] of pairs("bytes")) entry.bytes(name, text);
      for (const [name, text] of pairs("meta")) entry.meta(name, text);
      const { digest } = key;
      if (!dryRun) await entry.commit(durationMs === undefined ? {} : { durationMs });
      if (json) {
        printJson(terminal, { dryRun, status: "put", key: digest, label });
        return 0;
      }
      const found = dryRun ? undefined : await cache.get(key);
      const size = found ? `, ${formatBytes(found.size)}` : "";
      found?.close();
      printLines(terminal.out, [
        `${dryRun ? "would keep" : "kept"} ${sanitize(label)} under ${digest.slice(0, 12)}${size}`,
      ]);
      return 0;
    },
  );
}
