import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A program to measure as a whole process, from its start to its end. */
export interface Case {
  readonly label: string;
  /** Node, unless given. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Brings about the state that is measured, before each run. */
  readonly prepare?: () => void | Promise<void>;
  /** Looks at what the program wrote; throws if it did not do what is being measured. */
  readonly check?: (stdout: string, stderr: string) => void;
}

export interface Limits {
  /** How often each case is measured at most. */
  readonly rounds: number;
  /** Milliseconds after which a case is not measured again; 15,000 unless given. */
  readonly budgetMs?: number;
  /** Milliseconds after which a process is ended and its case given up; none unless given. */
  readonly limitMs?: number;
  /** Whether a program that fails is given up, instead of ending it all. */
  readonly mayFail?: boolean;
  /** Whether every round has the order of the cases, because each needs what the one before left. */
  readonly inOrder?: boolean;
  /**
   * Whether to take processor time and memory too, where GNU time is installed; `together` with the wall time, for runs that are too long to be
   * repeated; true unless given.
   */
  readonly usage?: boolean | "together";
}

/** What came of a case. */
export interface Measured {
  readonly item: Case;
  /** Milliseconds, one for each counted round; empty if the case was given up. */
  readonly wallMs: readonly number[];
  /** Each wall time over that of `node -e 0` just before it. */
  readonly ratios: readonly number[];
  /** Why the case was given up. */
  readonly gaveUp?: string;
  readonly usage?: Usage;
}

export interface Usage {
  /** Milliseconds of processor time. */
  readonly userMs: number;
  readonly systemMs: number;
  /** Peak resident memory in MB of 10^6 bytes. */
  readonly peakMB: number;
}

const gnuTime = "/usr/bin/time";

/** The least that any program on Node takes: its own start. */
export const nodeStart: Case = { label: "node -e 0", args: ["-e", "0"], cwd: tmpdir() };

/**
 * Measures the cases in turn, round after round, so that whatever else the machine does falls on all of them alike; the
 * order is reversed in every second round. `node -e 0` runs before each, to be compared with. A first round warms the disk's cache
 * and counts only for cases that take so long that there is no second. Wall time is taken of undisturbed processes;
 * processor time and memory come from runs of their own, with another program around them.
 */
export async function measure(
  cases: readonly Case[],
  { rounds, budgetMs = 15_000, limitMs, mayFail = false, inOrder = false, usage = true }: Limits,
): Promise<Measured[]> {
  const states = cases.map((item) => ({
    item,
    walls: [] as number[],
    ratios: [] as number[],
    spent: 0,
    used: [] as Usage[],
    gaveUp: "",
  }));
  for (let round = -1; round < rounds; round += 1) {
    for (const state of inOrder || round % 2 === 0 ? states : states.toReversed()) {
      if (state.gaveUp || state.spent > budgetMs) continue;
      const { item } = state;
      await item.prepare?.();
      const floor = (await runProcess(nodeStart)).wallMs;
      const run = usage === "together" ? runWithUsage : runProcess;
      const { wallMs, stdout, stderr, ended, used } = await run(item, { limitMs, mayFail });
      state.spent += wallMs;
      if (ended !== "done") {
        state.gaveUp = ended === "limit" ? `> ${limitMs! / 1000} s` : "fails";
        continue;
      }
      item.check?.(stdout, stderr);
      if (round < 0 && state.spent <= budgetMs) continue;
      state.walls.push(wallMs);
      state.ratios.push(wallMs / floor);
      if (used) state.used.push(used);
    }
  }
  const measured: Measured[] = [];
  for (const { item, walls, ratios, used, gaveUp, spent } of states) {
    const repeats = usage !== true || gaveUp ? 0 : spent > budgetMs ? 1 : Math.min(rounds, 3);
    for (let i = 0; i < repeats; i += 1) {
      const one = await usageOf(item);
      if (one) used.push(one);
    }
    measured.push({
      item,
      wallMs: gaveUp ? [] : walls,
      ratios: gaveUp ? [] : ratios,
      ...(gaveUp ? { gaveUp } : {}),
      ...(used.length > 0 ? { usage: medianUsage(used) } : {}),
    });
  }
  return measured;
}

interface RunSettings {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly limitMs?: number | undefined;
  readonly mayFail?: boolean;
}

interface Ran {
  readonly wallMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** `limit` when it was ended for its time. */
  readonly ended: "done" | "limit" | "failed";
  readonly used?: Usage;
}

/** Runs a program once. Throws unless it ends with 0, was ended for its time, or may fail. */
export async function runProcess(
  { label, program = process.execPath, args, cwd, env: own }: Omit<Case, "check">,
  { env = process.env, limitMs, mayFail = false }: RunSettings = {},
): Promise<Ran> {
  const start = performance.now();
  // A group of its own, so that what it started ends with it.
  const child = spawn(program, args, {
    cwd,
    env: { ...env, ...own },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let ended: Ran["ended"] = "done";
  const timer =
    limitMs === undefined
      ? undefined
      : setTimeout(() => {
          ended = "limit";
          process.kill(-child.pid!, "SIGKILL");
        }, limitMs);
  const stdout: string[] = [];
  const stderr: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => void stdout.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void stderr.push(text));
  const exited = Promise.withResolvers<number>();
  const closed = Promise.withResolvers<number | null>();
  child.on("error", exited.reject);
  child.on("exit", () => exited.resolve(performance.now() - start));
  child.on("close", closed.resolve);
  const wallMs = await exited.promise;
  clearTimeout(timer);
  const code = await closed.promise;
  if (code !== 0 && ended === "done") {
    ended = "failed";
    if (!mayFail)
      throw new Error(`${label} ended with ${code}\n${`${stderr.join("")}${stdout.join("")}`.slice(-4000)}`);
  }
  return { wallMs, stdout: stdout.join(""), stderr: stderr.join(""), ended };
}

/**
 * Runs a program once, and tells what it and its children used: times added up, the greatest of their peaks. By GNU time, where it
 * is installed: a preloaded module would be an option of Node's, under which nothing is remembered.
 */
async function runWithUsage(item: Case, settings: RunSettings = {}): Promise<Ran> {
  if (!existsSync(gnuTime)) return runProcess(item, settings);
  const folder = mkdtempSync(join(tmpdir(), "sluice-usage-"));
  const file = join(folder, "usage.txt");
  try {
    const args = ["--quiet", "--format=%U %S %M", `--output=${file}`, item.program ?? process.execPath, ...item.args];
    const ran = await runProcess({ ...item, program: gnuTime, args }, settings);
    if (ran.ended !== "done") return ran;
    const [user, system, peak] = readFileSync(file, "utf8").trim().split(" ").map(Number);
    const used = { userMs: user! * 1000, systemMs: system! * 1000, peakMB: (peak! * 1024) / 1e6 };
    return { ...ran, used };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function usageOf(item: Case): Promise<Usage | undefined> {
  await item.prepare?.();
  return (await runWithUsage(item)).used;
}

function medianUsage(usages: readonly Usage[]): Usage {
  return {
    userMs: median(usages.map(({ userMs }) => userMs)),
    systemMs: median(usages.map(({ systemMs }) => systemMs)),
    peakMB: median(usages.map(({ peakMB }) => peakMB)),
  };
}

/** Not a number for no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
