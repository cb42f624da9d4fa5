import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProjectFolder, parentsOf, type Shape } from "./generated-pipeline.ts";

/** Where peers from npm are installed: `npm install --prefix bench/peers`. */
export const peersFolder = fileURLToPath(new URL("peers", import.meta.url));

/** Steps that each run `cksum` on what they read and write what it says to a file: the least that a step can be. */
export class Steps {
  readonly shape: Shape;
  readonly count: number;

  constructor(shape: Shape, count: number) {
    this.shape = shape;
    this.count = count;
  }

  get indices(): readonly number[] {
    return Array.from({ length: this.count }, (_, index) => index);
  }

  /** Indices of the steps that a step reads. */
  parents(index: number): readonly number[] {
    return parentsOf(this.shape, index);
  }

  /** The files that a step reads. The first reads `seed.txt`, the last also `extra.txt`. */
  inputs(index: number): readonly string[] {
    const own = index === 0 ? ["seed.txt"] : index === this.count - 1 ? ["extra.txt"] : [];
    return [...this.parents(index).map((parent) => this.output(parent)), ...own];
  }

  output(index: number): string {
    return `out/${index}.txt`;
  }

  command(index: number): string {
    return `cksum ${this.inputs(index).join(" ")} > ${this.output(index)}`;
  }

  /** Steps that no other reads. */
  get ends(): readonly number[] {
    const read = new Set(this.indices.flatMap((index) => this.parents(index)));
    return this.indices.filter((index) => !read.has(index));
  }
}

/** A tool that can do the steps. */
export interface Peer {
  readonly name: string;
  /** Whether it is there to be measured. */
  readonly isInstalled: () => boolean;
  /** Writes what it is to do into a folder. */
  readonly write: (project: ProjectFolder, steps: Steps) => void;
  /** The file that says what the steps are. */
  readonly definition: string;
  /** Makes the folder as if nothing had ever run, apart from outputs. */
  readonly forget: (folder: string) => void;
  /** Program and arguments of a run; Node unless a program is given. */
  readonly program?: string;
  readonly args: (project: ProjectFolder) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its steps write files. */
  readonly writesFiles: boolean;
}

/** Whether a program is on the path. */
export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}

export function isPackage(name: string): boolean {
  return existsSync(join(peersFolder, "node_modules", name));
}

/** The first line of what a program says of its version. */
export function versionOf(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return `${stdout}${stderr}`.trim().split("\n")[0] ?? "";
}
