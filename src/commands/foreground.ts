import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";

/** Whether this process may change its terminal's mode: whether it is in the foreground. False where that cannot be told. */
export async function isInForeground(): Promise<boolean> {
  if (process.platform === "win32") return true;
  if (process.platform === "linux") return ofStat();
  return ofPs();
}

/** Fields 5 and 8 of proc_pid_stat(5): the process group, and the one in the foreground of the terminal. */
function ofStat(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return isSameGroup(fields[2], fields[5]);
  } catch {
    return false; // without /proc it cannot be told
  }
}

async function ofPs(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  execFile("ps", ["-o", "pgid=,tpgid=", "-p", String(process.pid)], (error, stdout) => {
    const [group, foreground] = stdout.trim().split(/\s+/);
    resolve(!error && isSameGroup(group, foreground));
  });
  return promise;
}

function isSameGroup(group: string | undefined, foreground: string | undefined): boolean {
  return group !== undefined && group !== "" && group === foreground;
}
