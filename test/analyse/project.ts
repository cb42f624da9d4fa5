import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createAnalyser } from "../../src/analyse/analyser.ts";
import type { CodeArgument, CodeVersion, LoadedModules } from "../../src/analyse/code-version.ts";
import type { DerivedCache } from "../../src/core/derived.ts";
import type { Frame } from "../../src/core/node.ts";

export type Files = Readonly<Record<string, string>>;

/** A derived cache in memory that counts what it is asked. */
export class MemoryDerived implements DerivedCache {
  readonly entries = new Map<string, Uint8Array>();
  misses = 0;

  get(kind: string, key: string): Uint8Array | undefined {
    const value = this.entries.get(`${kind} ${key}`);
    if (!value) this.misses++;
    return value;
  }

  put(kind: string, key: string, value: Uint8Array): void {
    this.entries.set(`${kind} ${key}`, value);
  }
}

/** A folder with files, removed at the end of the test file that made it. */
export class Project {
  readonly root = realpathSync(mkdtempSync(path.join(tmpdir(), "sluice-analyse-")));

  constructor(files: Files = {}) {
    this.write(files);
  }

  write(files: Files): this {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    return this;
  }

  path(name: string): string {
    return path.join(this.root, name);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Modules none of which was loaded: the analyser takes them from disk. */
export function notLoaded(...roots: string[]): LoadedModules {
  return { get: () => undefined, roots: () => roots, expect: () => {} };
}

/**
 * The stacks with which the stages of a module are declared: `const NAME = stage(...)` stands for itself, and `/*NAME*​/`,
 * `/*NAME 1*​/`, ... before a callee for the frames of NAME from the inside out.
 */
export function framesIn(root: string, files: Files): ReadonlyMap<string, readonly Frame[]> {
  const found = new Map<string, Frame[]>();
  const add = (name: string, level: number, file: string, source: string, offset: number): void => {
    const before = source.slice(0, offset).split("\n");
    const frames = found.get(name) ?? [];
    frames[level] = { file: path.join(root, file), line: before.length, column: before.at(-1)!.length + 1 };
    found.set(name, frames);
  };
  for (const [file, source] of Object.entries(files)) {
    for (const match of source.matchAll(/(?:const|let|var) (\w+) = (?=(?:sluice\.)?stage\()/g)) {
      const dot = source.startsWith("sluice.", match.index + match[0].length) ? "sluice.".length : 0;
      add(match[1]!, 0, file, source, match.index + match[0].length + dot);
    }
    for (const match of source.matchAll(/\/\*(\w+)(?: (\d))?\*\/(?=((?:\/\*\w+(?: \d)?\*\/)*))/g)) {
      add(match[1]!, Number(match[2] ?? 0), file, source, match.index + match[0].length + match[3]!.length);
    }
  }
  return found;
}

export interface AnalyseOptions {
  readonly derived?: DerivedCache;
  readonly args?: readonly CodeArgument[];
  readonly captured?: "error" | "ignore";
  readonly entry?: string;
}

/** The code version of every stage of a project. */
export function versionsOf(
  project: Project,
  files: Files,
  options: AnalyseOptions = {},
): ReadonlyMap<string, CodeVersion> {
  const { derived = new MemoryDerived(), args = [1, [2, "check"]], captured, entry = "pipeline.ts" } = options;
  const modules = notLoaded(project.path(entry));
  const analyser = createAnalyser({ root: project.root, modules, derived });
  const versions = new Map<string, CodeVersion>();
  for (const [name, frames] of framesIn(project.root, files)) {
    versions.set(
      name,
      analyser.versionOf(() => frames, args, captured ? { captured } : {}),
    );
  }
  return versions;
}
