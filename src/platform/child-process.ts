import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProgramOptions {
  /** A name that is looked up in the `PATH` of `env`, or a path. */
  readonly program: string;
  readonly args: readonly string[];
  /** Absolute path of the folder that it runs in. */
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** A descriptor of an open file that it reads; nothing unless given. */
  readonly stdin?: number | undefined;
  /** Told of what it prints; or a descriptor of an open file that takes it. */
  readonly stdout: ((chunk: Buffer) => void) | number;
  readonly stderr: (chunk: Buffer) => void;
  /** Ends the program with all that it has started. */
  readonly signal: AbortSignal;
}

/** How a program ended: one of the two is there. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long programs have to end by themselves when they are asked to, in milliseconds. */
const grace = 1500;

/** How often is looked whether they have, in milliseconds. */
const glance = 20;

/** The process groups that are under way. However this process ends, short of SIGKILL, they end with it. */
const groups = new Set<number>();

/**
 * Runs a program to its end, in a process group of its own. It has ended when nothing
 * that it started holds its output any more; what is left of its group then is killed. When `signal` is aborted, the
 * group is asked to end (SIGTERM), and killed if it has not after a second and a half.
 * @throws the reason of `signal`, once nothing of the group is left; the system's error when the program cannot be started
 */
export async function runProgram(options: ProgramOptions): Promise<ProgramEnd> {
  const { program, args, cwd, env, stdin = "ignore", stdout, stderr, signal } = options;
  signal.throwIfAborted();
  const taken = typeof stdout === "number" ? stdout : "pipe";
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: [stdin, taken, "pipe"],
    // A session of its own, so that a signal reaches all of it, and Ctrl-C at the terminal only reaches us.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const { pid } = child;
  if (typeof stdout !== "number") child.stdout?.on("data", stdout);
  child.stderr?.on("data", stderr);
  const ended = new Promise<ProgramEnd>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, by) => resolve({ code, signal: by }));
  });
  if (pid === undefined) return ended;
  watch(pid);
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= end(pid, child);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    const how = await ended;
    if (!signal.aborted) return how;
    await stopping;
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", stop);
    // There is no group to speak of on Windows, and the id may be somebody else's by now.
    if (process.platform !== "win32") kill(pid, "SIGKILL");
    groups.delete(pid);
  }
}

/** Asks a group to end, waits a little, and kills what is left. */
async function end(pid: number, child: ChildProcess): Promise<void> {
  kill(pid, "SIGTERM");
  for (const until = performance.now() + grace; performance.now() < until && isAlive(pid); ) await sleep(glance);
  kill(pid, "SIGKILL");
  // Whoever has left the group and still holds the pipes is not waited for.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function watch(pid: number): void {
  if (groups.size === 0) {
    process.off("exit", killAll);
    process.once("exit", killAll);
  }
  groups.add(pid);
}

function killAll(): void {
  for (const pid of groups) kill(pid, "SIGKILL");
}

function kill(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  if (process.platform === "win32") {
    // There are no groups; the tree of processes stands for one.
    spawn("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore" }).on("error", () => {});
    return;
  }
  send(pid, signal);
}

function isAlive(pid: number): boolean {
  return process.platform !== "win32" && send(pid, 0);
}

/** Whether there is anyone in the group. */
function send(group: number, signal: "SIGTERM" | "SIGKILL" | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") return false;
    // Somebody else's: a member that has changed its user, which we cannot end.
    if (code === "EPERM") return false;
    throw error;
  }
}
