/** One measurement, made of cases that are comparable because they were measured in turn, in the same run. */
export interface Benchmark {
  /** One sentence: what is measured. */
  readonly about: string;
  run(options: BenchmarkOptions): Promise<BenchmarkResult>;
}

export interface BenchmarkOptions {
  /** How often each case is measured. */
  readonly rounds: number;
  /** Sizes of the generated pipelines, in nodes. */
  readonly nodes: readonly number[];
  /** Sizes of the generated programs, in modules, and in stages of one module. */
  readonly modules: readonly number[];
  readonly stages: readonly number[];
  /** Says what is going on. */
  readonly log: (line: string) => void;
}

export interface BenchmarkResult {
  /** What ratios are taken against: the label of a case, of the same size where there is one of each. */
  readonly baseline: string;
  readonly cases: readonly CaseResult[];
}

/** One case: medians over the rounds, with the spread of the wall time. */
export interface CaseResult {
  readonly label: string;
  readonly nodes?: number;
  /** Milliseconds from spawn to exit, or of a phase within a process. */
  readonly wallMs: { readonly median: number; readonly min: number; readonly max: number };
  /** The median over the baseline's median. */
  readonly ratio: number;
  /** Milliseconds of processor time, in user code and in the kernel; of whole processes. */
  readonly userMs?: number;
  readonly systemMs?: number;
  /** Peak resident memory, in MB of 10^6 bytes; of whole processes. */
  readonly peakMB?: number;
}
