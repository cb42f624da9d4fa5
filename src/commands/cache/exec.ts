import path from "node:path";
import type { CacheKey } from "../../cache/key.ts";
import type { Result } from "../../cache/result.ts";
import type { StoredCache } from "../../cache/stored-cache.ts";
import type { Obtained } from "../../cache/wrap.ts";
import type { RunReason } from "../../core/event.ts";
import { fail } from "../../core/failure.ts";
import { formatAge, formatDuration } from "../../text/quantity.ts";
import { describeReasons } from "../../text/reasons.ts";
import { sanitize } from "../../text/sanitize.ts";
import { type Call, defineCommand, type ExitCode } from "../command.ts";
import { listenForInterruption } from "../interruption.ts";
import { dryRunOption, type OptionSpecs } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import type { Terminal } from "../terminal.ts";
import { argumentPaths } from "./exec/arguments.ts";
import { Outputs, pieceName } from "./exec/outputs.ts";
import { type Stream, showPrinted } from "./exec/printed-log.ts";
import { NotKept, type Program, printedName, runAndKeep } from "./exec/run-program.ts";
import { keyOf, keyOptions, relativeTo } from "./key-flags.ts";
import { verbOptions } from "./verb.ts";
import { withCache } from "./with-cache.ts";

const specs = {
  ...keyOptions,
  output: {
    type: "string",
    value: "PATH",
    multiple: true,
    help: "a file or a folder that the command makes (repeatable)",
  },
  pass: {
    type: "string",
    value: "VARIABLE",
    multiple: true,
    help: "a variable of the environment that the command gets and that does not count (repeatable)",
  },
  verbose: { type: "boolean", help: "say on stderr whether it ran, and how much time that saved" },
  ...dryRunOption,
  ...verbOptions,
} as const satisfies OptionSpecs;

/** `sluice cache exec`. */
export const exec = defineCommand({
  name: "cache exec",
  summary: "run a command, or do as if, where it ran before with the same inputs",
  arguments: [
    { name: "COMMAND", required: true, program: true, help: "the program" },
    { name: "[ARGUMENT...]", rest: true, help: "its arguments: files that they name are inputs" },
  ],
  options: specs,
  details: [
    "What it printed is printed again, its outputs are put where they were. The exit code is that of the command; one that",
    "fails is not kept. It reads nothing from stdin, and gets of the environment PATH, HOME and what --env and --pass name.",
  ],
  run: execute,
});

async function execute({ args, options, terminal }: Call<typeof specs>): Promise<ExitCode> {
  const [command = "", ...rest] = args;
  const { json = false, verbose = false } = options;
  return withCache(options, terminal, async (cache) => {
    const { cwd } = terminal;
    const outputs = new Outputs(options.output ?? [], { root: cache.root, cwd, cacheDir: cache.path });
    const paths = argumentPaths([command, ...rest], cwd, outputs);
    let key = keyOf(cache, options.name ?? path.basename(command), options, { cwd, without: outputs.paths })
      .value("arguments", [command, ...rest])
      .value("outputs", outputs.names)
      .string("folder", relativeTo(cache.root, cwd));
    for (const [written, at] of paths.files) key = key.file(relativeTo(cache.root, at), { as: written });
    const built = key.build();
    if (options["dry-run"]) return foresee(cache, built, { json, terminal });
    outputs.check();
    const show = (stream: Stream, bytes: Uint8Array) => terminal.writeBytes(json ? 2 : stream, bytes);
    const program: Program = {
      argv: [command, ...rest],
      cwd,
      variables: [...(options.env ?? []), ...(options.pass ?? [])],
      outputs,
      paths,
      show,
    };
    return perform(cache, built, program, { json, verbose, terminal });
  });
}

interface Telling {
  readonly json: boolean;
  readonly terminal: Terminal;
}

/** Runs it or does as if, and gives the exit code that it has or had. */
async function perform(
  cache: StoredCache,
  key: CacheKey,
  program: Program,
  { json, verbose, terminal }: Telling & { readonly verbose: boolean },
): Promise<ExitCode> {
  const { outputs, show } = program;
  const interruption = listenForInterruption({ onFirst: () => {}, onSecond: () => {} });
  const { signal } = interruption;
  let running: Promise<void> | undefined;
  const { digest, label } = key;
  const tell = (exitCode: number, status: "hit" | "made" | "shared" | "failed", more: object = {}): ExitCode => {
    if (json) printJson(terminal, { status, key: digest, label, exitCode, outputs: outputs.names, ...more });
    // the command's own, whatever it is
    return exitCode as ExitCode;
  };
  const read = async (result: Result, { status, unrecorded }: Obtained): Promise<ExitCode> => {
    const { durationMs } = result;
    if (status !== "made") {
      // what is damaged should show before anything is printed
      for (const [i, name] of outputs.names.entries()) await result.mirror(pieceName(name), outputs.paths[i]!);
      await showPrinted(result.stream(printedName), show);
    }
    const how = status === "made" ? `ran in ${formatDuration(durationMs)}` : `saved ${formatDuration(durationMs)}`;
    if (verbose) printLines(terminal.err, [`${sanitize(label)}: ${status}, ${how}`]);
    return tell(0, status, { durationMs, recorded: unrecorded === undefined });
  };
  try {
    const produce = (context: Parameters<typeof runAndKeep>[1]): Promise<void> => {
      running = runAndKeep(program, context);
      return running;
    };
    return await cache.wrap(key, produce, { read, signal });
  } catch (error) {
    // the program is waited for, and what was there before it is put back
    await running?.catch(() => {});
    if (signal.aborted) fail("cancelled", `${label} was cancelled, and is not kept`);
    if (!(error instanceof NotKept)) throw error;
    if (error.message !== "") {
      const { err } = terminal;
      const what = error.code === 0 ? err.style.warn("warning:") : err.style.bad("error:");
      printLines(err, [`${what} ${sanitize(error.message)}`]);
    }
    return tell(error.code, error.code === 0 ? "made" : "failed", { recorded: false });
  } finally {
    interruption.dispose();
  }
}

/** Says what would happen, and why. */
async function foresee(cache: StoredCache, key: CacheKey, { json, terminal }: Telling): Promise<ExitCode> {
  const { digest, label } = key;
  const found = await cache.get(key);
  found?.close();
  if (found) {
    const { createdAt, durationMs } = found;
    if (json)
      printJson(terminal, {
        dryRun: true,
        status: "hit",
        key: digest,
        label,
        createdAt: createdAt.getTime(),
        durationMs,
      });
    else {
      const made = formatAge(Date.now() - createdAt.getTime());
      printLines(terminal.out, [`${sanitize(label)}: hit, made ${made}, saves ${formatDuration(durationMs)}`]);
    }
    return 0;
  }
  const reasons = await missReasons(cache, key);
  if (json) printJson(terminal, { dryRun: true, status: "miss", key: digest, label, reasons });
  else printLines(terminal.out, [`${sanitize(label)}: would run: ${describeReasons(reasons)}`]);
  return 0;
}

/** How a key differs from the nearest one that there is an entry of. */
async function missReasons({ store }: StoredCache, { label, inputs }: CacheKey): Promise<readonly RunReason[]> {
  const { changesSince, lookBack, nearestResult } = await import("../../run/explain/reasons.ts");
  const { noCodeVersion } = await import("../../core/key.ts");
  const codeVersion = noCodeVersion();
  const earlier = await store.metadata.entriesOf(label, lookBack);
  const nearest = nearestResult(earlier, { codeVersion }, inputs);
  if (!nearest) return [{ kind: "first-run" }];
  const reasons = await changesSince(store, { codeVersion, settings: {}, inputs }, async () => undefined, nearest);
  return reasons.length > 0 ? reasons : [{ kind: "evicted" }];
}
