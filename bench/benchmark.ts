/** One section of the benchmarks: what belongs together because it was measured in turn, in the same run. */
export interface Benchmark {
  /** One sentence: what is measured. */
  readonly about: string;
  run(options: BenchmarkOptions): Promise<BenchmarkResult>;
}

export interface BenchmarkOptions {
  /** How often each case is measured, unless it takes long. */
  readonly rounds: number;
  /** Small sizes and few rounds: to see that it works, not to learn figures. */
  readonly quick: boolean;
  /** Sizes of the generated pipelines, in nodes. */
  readonly nodes: readonly number[];
  /** Sizes of the generated programs, in modules, and in stages of one module. */
  readonly modules: readonly number[];
  readonly stages: readonly number[];
  /** Says what is going on. */
  readonly log: (line: string) => void;
}

export interface BenchmarkResult {
  readonly tables: readonly ResultTable[];
  /** What a reader of the figures must know. */
  readonly notes?: readonly string[];
}

/** How a column's numbers are written: milliseconds, microseconds, a ratio, MB of 10^6 bytes, a share, a count; or text. */
export type Unit = "ms" | "us" | "x" | "MB" | "%" | "count" | "text";

export interface Column {
  readonly name: string;
  readonly unit: Unit;
}

/** A number in the unit of its column, or what stands in its place: `> 60 s`. Nothing where nothing was measured. */
export type Cell = number | string | null;

export interface ResultTable {
  /** Unique in its section; pictures and pages find it by this. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}
