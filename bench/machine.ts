import { arch, cpus, platform, release, totalmem } from "node:os";

/** What the figures were taken on. */
export interface Machine {
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly processors: number;
  /** GB of 10^9 bytes. */
  readonly memoryGB: number;
}

export function machine(): Machine {
  return {
    node: process.version,
    system: `${platform()} ${release()}, ${arch()}`,
    processor: cpus()[0]?.model ?? "unknown",
    processors: cpus().length,
    memoryGB: Math.round(totalmem() / 1e8) / 10,
  };
}
