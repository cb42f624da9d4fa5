import { fileURLToPath } from "node:url";
import type { ProjectFolder } from "./generated-pipeline.ts";
import { runProcess } from "./measure.ts";

/** Runs a program of this folder in a process of its own, which prints one JSON document: milliseconds by case, one a round. */
export async function timesOf(
  program: string,
  project: ProjectFolder,
  settings: Readonly<Record<string, unknown>>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const script = fileURLToPath(new URL(program, import.meta.url));
  const args = [script, JSON.stringify(settings)];
  const { stdout } = await runProcess({ label: program, args, cwd: project.folder });
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, number[]>));
}

/** What such a program begins with: its settings, and a stopwatch. */
export class Stopwatch<Settings> {
  readonly settings: Settings = JSON.parse(process.argv[2]!);
  readonly #times: Record<string, number[]> = {};

  async time<T>(label: string, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await work();
    this.add(label, performance.now() - start);
    return result;
  }

  add(label: string, ms: number): void {
    const times = this.#times[label] ?? [];
    times.push(ms);
    this.#times[label] = times;
  }

  print(): void {
    console.log(JSON.stringify(this.#times));
  }
}
