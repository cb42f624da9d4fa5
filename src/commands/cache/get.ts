import path from "node:path";
import type { Result } from "../../cache/result.ts";
import { fail } from "../../core/failure.ts";
import { formatAge, formatBytes, formatDuration } from "../../text/quantity.ts";
import { sanitize } from "../../text/sanitize.ts";
import { type Call, defineCommand, type ExitCode } from "../command.ts";
import { cacheOptions, dryRunOption, jsonOption, type OptionSpecs } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import type { Terminal } from "../terminal.ts";
import { keyOf, keyOptions } from "./key-flags.ts";
import { withCache } from "./with-cache.ts";

const specs = {
  ...keyOptions,
  to: { type: "string", value: "DIR", help: "put its files, folders and texts below this folder, under their names" },
  file: { type: "string", value: "PIECE", help: "write the file or the text of this name to stdout" },
  ...dryRunOption,
  "cache-dir": cacheOptions["cache-dir"],
  ...jsonOption,
} as const satisfies OptionSpecs;

/** `sluice cache get`. */
export const get = defineCommand({
  name: "cache get",
  summary: "find what was kept under a key; exit code 1 where there is nothing",
  arguments: [],
  options: specs,
  details: ["Without --to and --file it says what there is. All content is checked as it is read."],
  run: find,
});

async function find({ options, terminal }: Call<typeof specs>): Promise<ExitCode> {
  const { json = false, "dry-run": dryRun = false, to, file: piece, name: label = "cache" } = options;
  if (piece !== undefined && json && !dryRun)
    fail("usage", "--json and the file cannot both go to stdout", { hint: "use --to DIR" });
  return withCache(
    options["cache-dir"] === undefined ? {} : { "cache-dir": options["cache-dir"] },
    terminal,
    async (cache) => {
      const key = keyOf(cache, label, options, { cwd: terminal.cwd }).build();
      const found = await cache.get(key);
      if (!found) {
        if (json) printJson(terminal, { status: "miss", key: key.digest, label });
        else printLines(terminal.err, [`nothing is kept of ${sanitize(label)} under ${key.digest.slice(0, 12)}`]);
        return 1;
      }
      try {
        if (to !== undefined && !dryRun) await found.restore(path.resolve(terminal.cwd, to));
        if (piece !== undefined && !dryRun) await writeOut(found, piece, terminal);
        if (json)
          printJson(terminal, {
            status: "hit",
            ...(await describe(found)),
            ...(to === undefined ? {} : { to, dryRun }),
          });
        else if (to !== undefined)
          printLines(terminal.out, [`${dryRun ? "would put" : "put"} ${formatBytes(found.size)} into ${sanitize(to)}`]);
        else if (piece === undefined || dryRun) printLines(terminal.out, table(found));
        return 0;
      } finally {
        found.close();
      }
    },
  );
}

/** The content in pieces: the last comes only if all of it is right. @throws SluiceError `corrupt-blob`, `missing-blob` */
async function writeOut(found: Result, piece: string, terminal: Terminal): Promise<void> {
  for await (const bytes of found.stream(piece)) if (!(await terminal.writeBytes(1, bytes))) return;
}

async function describe(found: Result) {
  const { key, label, createdAt, durationMs, size, pieces, meta } = found;
  const lastUsed = await found.lastUsed();
  return { key, label, createdAt: createdAt.getTime(), lastUsed: lastUsed.getTime(), durationMs, size, pieces, meta };
}

function table({ key, label, createdAt, durationMs, pieces, meta }: Result): readonly string[] {
  const made = formatAge(Date.now() - createdAt.getTime());
  return [
    `${sanitize(label)}  ${key.slice(0, 12)}, made ${made}, took ${formatDuration(durationMs)}`,
    ...pieces.map(({ name, kind, size }) => `  ${kind} ${sanitize(name)}, ${formatBytes(size)}`),
    ...Object.entries(meta).map(([name, value]) => `  meta ${sanitize(name)}: ${sanitize(JSON.stringify(value))}`),
  ];
}
