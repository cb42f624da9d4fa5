import path from "node:path";
import { Writable } from "node:stream";
import { fail } from "../../core/failure.ts";
import { nearest } from "../../core/graph.ts";
import { TempFile } from "../../platform/temp-file.ts";
import type { Exported, ExportProgress } from "../../run/archive/export.ts";
import type { Store } from "../../run/workspace.ts";
import { formatBytes, formatCount } from "../../text/quantity.ts";
import { sanitize } from "../../text/sanitize.ts";
import type { ExitCode } from "../command.ts";
import { listenForInterruption } from "../interruption.ts";
import { dryRunOption } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import type { Terminal } from "../terminal.ts";
import { cancelled } from "./cancelled.ts";
import { openProgressLine } from "./progress-line.ts";
import { defineVerb, type VerbCall } from "./verb.ts";

/** `sluice cache export`. */
export const exportCache = defineVerb({
  name: "export",
  summary: "write results, with all that they need, to one file",
  arguments: [
    { name: "FILE", required: true, help: "the archive to write; - for stdout" },
    { name: "[NODE...]", rest: true, help: "only the results of these nodes, and entries with these names" },
  ],
  options: dryRunOption,
  details: ["Other processes may use the cache meanwhile: the archive has what was there when this began."],
  action: write,
});

async function write({
  workspace,
  terminal,
  args: [file, ...nodes],
  options,
}: VerbCall<typeof dryRunOption>): Promise<ExitCode> {
  const { json = false, "dry-run": dryRun = false } = options;
  const toStdout = file === "-" && !dryRun;
  if (toStdout && json) fail("usage", "--json and the archive cannot both go to stdout", { hint: "name a file" });
  if (toStdout && terminal.out.columns !== Infinity)
    fail("usage", "an archive is nothing for a terminal", { hint: "name a file, or pipe it" });
  await requireResults(workspace, nodes);
  const { exportStore } = await import("../../run/archive/export.ts");
  const interruption = listenForInterruption({ onFirst: () => {}, onSecond: () => {} });
  const { signal } = interruption;
  const progress = openProgressLine(terminal);
  const onProgress = ({ bytes, totalBytes }: ExportProgress): void =>
    progress.show(bytes / totalBytes, `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`);
  const wanted = { signal, onProgress, ...(nodes.length > 0 ? { nodes } : {}) };
  try {
    const to = dryRun ? nowhere() : toStdout ? outOf(terminal) : fileAt(path.resolve(terminal.cwd, file!));
    const what = await exportStore(workspace, wanted, to).finally(progress.close);
    report(terminal, what, { json, dryRun, toStdout, file: file! });
    return 0;
  } catch (error) {
    if (signal.aborted) return cancelled("the export");
    throw error;
  } finally {
    interruption.dispose();
  }
}

/** A name that nothing is kept of is a mistake. @throws SluiceError `unknown-node` */
async function requireResults({ metadata }: Store, nodes: readonly string[]): Promise<void> {
  for (const node of nodes) {
    const some = [...(await metadata.resultsOf(node, 1)), ...(await metadata.entriesOf(node, 1))];
    if (some.length > 0) continue;
    const known = new Set<string>();
    for await (const record of metadata.allResults()) known.add(record.node);
    const near = nearest(node, known);
    fail("unknown-node", `the cache has nothing of ${JSON.stringify(node)}`, {
      hint: near === undefined ? "`sluice cache ls` lists what it has" : `did you mean ${near}?`,
    });
  }
}

interface Told {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly toStdout: boolean;
  readonly file: string;
}

function report(terminal: Terminal, what: Exported, { json, dryRun, toStdout, file }: Told): void {
  if (json) {
    printJson(terminal, { dryRun, file, ...what });
    return;
  }
  const { err, out } = terminal;
  const { results, blobs, size, leftOut } = what;
  const all = `${formatCount(results, "result")} with ${formatCount(blobs, "blob")}, ${formatBytes(size)}`;
  const place = file === "-" ? "" : ` to ${sanitize(file)}`;
  printLines(toStdout ? err : out, [`${dryRun ? "would write" : "wrote"} ${all}${place}`]);
  if (leftOut > 0) {
    const why = "their content is damaged, or was removed meanwhile";
    printLines(err, [`${err.style.warn("warning:")} left out ${formatCount(leftOut, "result")}: ${why}`]);
  }
}

/** A file that is there whole when the stream has ended, or not at all. */
function fileAt(target: string): Writable {
  const temp = new TempFile(path.dirname(target), 0o600, ".sluice-");
  return new Writable({
    write: settle((chunk: Uint8Array) => temp.write(chunk)),
    final: (done) => void temp.commit(target).then(() => done(), done),
    destroy: (error, done) => {
      temp.discard();
      done(error);
    },
  });
}

function outOf(terminal: Terminal): Writable {
  return new Writable({
    write: settle(async (chunk: Uint8Array) => {
      if (!(await terminal.writeBytes(1, chunk))) fail("io", "the archive cannot be written: nobody reads it any more");
    }),
  });
}

function nowhere(): Writable {
  return new Writable({ write: settle(() => {}) });
}

type Written = (chunk: Uint8Array, encoding: unknown, done: (error?: Error) => void) => void;

function settle(work: (chunk: Uint8Array) => void | Promise<void>): Written {
  return (chunk, _, done) => {
    (async () => work(chunk))().then(() => done(), done);
  };
}
