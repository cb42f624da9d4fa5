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
