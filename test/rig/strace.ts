import { spawnSync } from "node:child_process";

/** Whether `strace` is there and may trace: not so in some containers, and on other systems than Linux. */
export const hasStrace =
  process.platform === "linux" && spawnSync("strace", ["-o", "/dev/null", "true"], { stdio: "ignore" }).status === 0;

/** What every fault test says that is skipped without it. */
export const noStrace = "strace is not there, or may not trace: nothing was injected";

/** One system call, as `strace -f -xx` told of it. */
export interface SystemCall {
  readonly name: string;
  /** As they were written, strings in hexadecimal escapes. */
  readonly args: readonly string[];
  /** What it gave; negative for an error. */
  readonly result: number;
  /** Lines of the log: what came before `begun` had ended when it began. */
  readonly begun: number;
  readonly ended: number;
}

/** System calls by their ends. Those that never ended are left out. */
export function parseCalls(log: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, { readonly text: string; readonly begun: number }>();
  for (const [line, text] of log.split("\n").entries()) {
    const process = /^(\d+) +/.exec(text);
    if (!process) continue;
    const id = process[1]!;
    let rest = text.slice(process[0].length);
    let begun = line;
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest);
    if (resumed) {
      const start = open.get(id);
      if (!start) throw new Error(`line ${line}: the end of a call that did not begin`);
      open.delete(id);
      rest = start.text + rest.slice(resumed[0].length);
      begun = start.begun;
    }
    const unfinished = / <unfinished \.\.\.>$/.exec(rest);
    if (unfinished) {
      open.set(id, { text: rest.slice(0, unfinished.index), begun });
      continue;
    }
    const whole = /^(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+|\?)/.exec(rest);
    if (!whole) {
      if (/^(\+\+\+|---|exit|execve)/.test(rest)) continue;
      throw new Error(`line ${line} cannot be understood: ${rest.slice(0, 200)}`);
    }
    if (whole[3] === "?") continue;
    calls.push({ name: whole[1]!, args: splitArgs(whole[2]!), result: Number(whole[3]), begun, ended: line });
  }
  return calls;
}

/** The bytes of a string argument. */
export function bytesOf(arg: string): Buffer {
  if (!/^"(\\x[0-9a-f]{2})*"$/.test(arg)) throw new Error(`not a whole string: ${arg.slice(0, 80)}`);
  return Buffer.from(arg.slice(1, -1).replaceAll("\\x", ""), "hex");
}

function splitArgs(text: string): string[] {
  const args: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === undefined || (character === "," && depth === 0)) {
      args.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return args;
}

/** Every system call by which something can get to a disk; `openat` makes files too, but mostly opens them for reading. */
export const changingCalls = [
  ...["write", "pwrite64", "ftruncate", "fsync", "fdatasync", "fallocate", "copy_file_range", "sendfile"],
  ...[
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
  ],
];

/**
 * The arguments of `strace` under which a program meets faults. The program has one thread for its file system calls, so that
 * they come in the same order each time.
 * @param faults such as `pwrite64:error=ENOSPC:when=3+` and `rename:signal=KILL:when=2`; strace counts each call of each thread
 * @param log where all of these calls are told; nowhere unless given
 */
export function straceArgs(faults: readonly string[], calls: readonly string[], log = "/dev/null"): string[] {
  // With it, strace 6.1 sends no signal at most of the calls that are to have one.
  const filter = faults.some((fault) => fault.includes(":signal=")) ? [] : ["--seccomp-bpf"];
  return [
    ...["-f", ...filter, "-qq", "-s", "256", "-o", log, "-E", "UV_THREADPOOL_SIZE=1", "-E", "UV_USE_IO_URING=0"],
    ...["-e", `trace=${calls.join(",")}`, "-e", "signal=none"],
    ...faults.flatMap((fault) => ["-e", `inject=${fault}`]),
  ];
}
