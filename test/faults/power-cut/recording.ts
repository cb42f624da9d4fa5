import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DiskLog, type Operation, tracedCalls } from "./disk-log.ts";

/** What `strace` is to write to a file: whole strings, in hexadecimal; nothing but the calls that matter stops the process. */
export function recordingArgs(log: string): string[] {
  return [
    "-f",
    "--seccomp-bpf",
    "-xx",
    "-s",
    String(1 << 24),
    "-o",
    log,
    "-e",
    `trace=${tracedCalls.join(",")}`,
  ].concat(["-e", "signal=none", "-E", "UV_USE_IO_URING=0"]);
}

/** Does the work of a seed (see `stepsOf`) in a process of its own, and gives all that it did to the disk. */
export function record(seed: number, steps: number, wide: boolean): readonly Operation[] {
  const home = mkdtempSync(path.join(tmpdir(), "sluice-power-"));
  try {
    const [dir, marks, log] = ["project", "marks", "log"].map((name) => path.join(home, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(dir);
    const script = path.join(import.meta.dirname, "record.ts");
    const args = [script, dir, marks, String(seed), String(steps), ...(wide ? ["wide"] : [])];
    const traced = spawnSync("strace", [...recordingArgs(log), process.execPath, ...args], { encoding: "utf8" });
    if (traced.status !== 0) throw new Error(`the work ended with ${traced.status}: ${traced.stderr}`);
    const disk = new DiskLog(dir, marks);
    disk.add(readFileSync(log, "latin1"));
    return disk.operations;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
