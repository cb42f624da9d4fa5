import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CaseResult } from "./benchmark.ts";

/** A program to measure as a whole process, from its start to its end. */
export interface Case {
  readonly label: string;
  readonly nodes?: number;
  /** Arguments of Node. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** Looks at what the program wrote; throws if it did not do what is being measured. */
  readonly check?: (stdout: string) => void;
}

interface Usage {
  readonly userMs: number;
  readonly systemMs: number;
  readonly peakMB: number;
}

const preload = fileURLToPath(new URL("usage.cjs", import.meta.url));

/**
 * Measures the cases in turn, round after round, so that whatever else the machine does falls on all of them alike; the
 * order is reversed in every second round. A first round warms the disk's cache and does not count. Wall time is taken of
 * undisturbed processes; processor time and memory come from rounds of their own, because a preloaded module tells them.
 */
export async function measure(cases: readonly Case[], rounds: number, baseline: string): Promise<CaseResult[]> {
  const walls = new Map<Case, number[]>(cases.map((item) => [item, []]));
  const usages = new Map<Case, Usage[]>(cases.map((item) => [item, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const item of round % 2 === 0 ? cases : cases.toReversed()) {
      const { wallMs, stdout } = await runProcess(item);
      item.check?.(stdout);
      if (round >= 0) walls.get(item)!.push(wallMs);
    }
  }
  for (let round = 0; round < Math.min(rounds, 3); round += 1) {
    for (const item of cases) usages.get(item)!.push(await usageOf(item));
  }
  const base = cases.find(({ label }) => label === baseline);
  if (base === undefined) throw new Error(`no case is called ${baseline}`);
  const floor = median(walls.get(base)!);
  return cases.map((item) => {
    const wall = walls.get(item)!;
    const usage = usages.get(item)!;
    return {
      label: item.label,
      ...(item.nodes === undefined ? {} : { nodes: item.nodes }),
      wallMs: { median: median(wall), min: Math.min(...wall), max: Math.max(...wall) },
      ratio: median(wall) / floor,
      userMs: median(usage.map(({ userMs }) => userMs)),
      systemMs: median(usage.map(({ systemMs }) => systemMs)),
      peakMB: median(usage.map(({ peakMB }) => peakMB)),
    };
  });
}

/** Runs Node once. Throws unless it ends with 0. */
export async function runProcess(
  { label, args, cwd }: Omit<Case, "check">,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ wallMs: number; stdout: string }> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exited = Promise.withResolvers<number>();
  const closed = Promise.withResolvers<number | null>();
  child.on("error", exited.reject);
  child.on("exit", () => exited.resolve(performance.now() - start));
  child.on("close", closed.resolve);
  const wallMs = await exited.promise;
  const code = await closed.promise;
  if (code !== 0) throw new Error(`${label} ended with ${code}\n${stderr}${stdout}`);
  return { wallMs, stdout };
}

/** What a process and its children used: times added up, the greatest of their peaks. */
async function usageOf(item: Case): Promise<Usage> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-usage-"));
  const file = join(folder, "usage.ndjson");
  writeFileSync(file, "");
  try {
    const options = `${process.env.NODE_OPTIONS ?? ""} --require ${JSON.stringify(preload)}`;
    await runProcess(item, { ...process.env, NODE_OPTIONS: options, BENCH_USAGE: file });
    const parts = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    return {
      userMs: parts.reduce((sum, part) => sum + part.userCPUTime / 1e3, 0),
      systemMs: parts.reduce((sum, part) => sum + part.systemCPUTime / 1e3, 0),
      peakMB: Math.max(...parts.map((part) => (part.maxRSS * 1024) / 1e6)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
