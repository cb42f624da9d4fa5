import fs from "node:fs";
import path from "node:path";
import { type Digest, digestOf } from "../../core/digest.ts";
import type { Locate } from "../load/module-path.ts";

/*
 * What a load can depend on besides the content of files, and how each of it is now. The watch asks these functions while
 * modules load, and the check asks them again: the same question, so equal answers mean that nothing changed. Not named
 * imports: a watch replaces functions of these modules, and what is asked here must never be watched.
 */
const { statSync, lstatSync, readlinkSync, realpathSync, readdirSync, accessSync, globSync } = fs;

/** What is at a path. */
export type PathKind = "none" | "file" | "folder" | "other";

/** What a path leads to, symbolic links followed. */
export function kindAt(file: string): PathKind {
  try {
    return kindOf(statSync(file, { throwIfNoEntry: false }));
  } catch {
    // A circle of links, a folder that may not be entered: whatever it is, it is neither of the others.
    return "other";
  }
}

function kindOf(stats: { isFile(): boolean; isDirectory(): boolean } | undefined): PathKind {
  if (!stats) return "none";
  return stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "other";
}

/** The digest of a variable of the environment; null where it is not set. Its value is never kept. */
export function variableDigest(name: string): Digest | null {
  const value = process.env[name];
  return value === undefined ? null : digestOf(value);
}

/** Variables that change what Node and the engine do before any code looks at them. */
const always = [
  ...[
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_ICU_DATA",
    "NODE_PENDING_DEPRECATION",
    "NODE_PRESERVE_SYMLINKS",
    "NODE_NO_WARNINGS",
  ],
  ...["TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LC_TIME", "LC_NUMERIC", "LC_COLLATE", "LC_CTYPE"],
];

/** What every load depends on: Node, how it was started, where the project lies, the time zone and the language. */
export function processDigest(root: string): Digest {
  const { versions, platform, arch, execPath, argv0, execArgv, title, env } = process;
  const variables = always.map((name) => env[name] ?? null);
  return digestOf(
    JSON.stringify([root, versions, platform, arch, execPath, argv0, execArgv, title, variables, timeZone()]),
  );
}

/** Moments that tell time zones apart as far as it matters, without loading the engine's tables of names. */
const moments = [0, 15_552_000_000, 946_684_800_000, 1_720_000_000_000, 1_736_000_000_000, 1_900_000_000_000];
const { getTimezoneOffset } = Date.prototype;

function timeZone(): readonly unknown[] {
  const stats = lstatSync("/etc/localtime", { throwIfNoEntry: false });
  const link = stats?.isSymbolicLink() ? readlinkSync("/etc/localtime") : [stats?.size, stats?.mtimeMs];
  return [link, ...moments.map((moment) => getTimezoneOffset.call(new Date(moment)))];
}

type Fact = (of: string, locate: Locate) => unknown;

/** What is asked of a path, or with arguments that stand in JSON. */
const facts = {
  /** The path without symbolic links. */
  real: (name, locate) => realpathSync(locate(name)),
  /** What a symbolic link says. */
  link: (name, locate) => readlinkSync(locate(name), "latin1"),
  /** What is at a path itself, not what it leads to. */
  entry: (name, locate) => {
    const stats = lstatSync(locate(name), { throwIfNoEntry: false });
    return stats?.isSymbolicLink() ? "link" : kindOf(stats);
  },
  access: (of, locate) => {
    const [name, mode] = JSON.parse(of) as [string, number];
    return isAllowed(locate(name), mode);
  },
  /** Names and kinds in a folder, in the order in which the file system gives them: the code may depend on it. */
  listing: (name, locate) => listing(locate(name), false),
  tree: (name, locate) => listing(locate(name), true),
  glob: (of, locate) => {
    const [patterns, cwd] = JSON.parse(of) as [string[], string];
    return globSync(patterns, { cwd: locate(cwd) });
  },
  /** One thing that the file system says of a path: its size, or when it was written. */
  stat: (of, locate) => statField(of, locate, true),
  lstat: (of, locate) => statField(of, locate, false),
  /** All of the environment. */
  environment: () => Object.entries(process.env),
  /** Minutes between the time zone and UTC at this time of the year. */
  offset: () => getTimezoneOffset.call(new Date()),
  cwd: () => process.cwd(),
  argv: () => process.argv,
  /** What a function of `process` without arguments says: `getuid`, `umask`. */
  process: (name) => (process as unknown as Readonly<Record<string, () => unknown>>)[name]!(),
  os: (name) => osValue(name),
  navigator: (name) => (navigator as unknown as Readonly<Record<string, unknown>>)[name],
  terminal: (descriptor) => process.getBuiltinModule("node:tty").isatty(Number(descriptor)),
  columns: (name) => streamOf(name).columns,
  rows: (name) => streamOf(name).rows,
} satisfies Readonly<Record<string, Fact>>;

export type FactName = keyof typeof facts;

/** What a folder lists, and what the file system says of files, can be another for a moment and then again what it was. */
const unsteady: readonly FactName[] = ["access", "listing", "tree", "glob", "stat", "lstat"];

/** Whether a fact that is the same before and after a load was so meanwhile. */
export function isSteady(name: FactName): boolean {
  return !unsteady.includes(name);
}

/** A fact as it is now: a digest, because it may tell of the machine and its user. */
export function factDigest(name: FactName, of: string, locate: Locate): Digest {
  return valueDigest((facts[name] as Fact)(of, locate));
}

export function valueDigest(value: unknown): Digest {
  return digestOf(JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `${member}n` : member)) ?? "");
}

function isAllowed(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    // However it is refused, that it is refused is the answer.
    return false;
  }
}

function listing(folder: string, recursive: boolean): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive });
  return entries.map((entry) => {
    const kind = entry.isSymbolicLink() ? "link" : kindOf(entry);
    return `${kind} ${path.relative(folder, path.join(entry.parentPath, entry.name))}`;
  });
}

function statField(of: string, locate: Locate, follow: boolean): unknown {
  const [name, field, bigint] = JSON.parse(of) as [string, string, boolean];
  const stats = (follow ? statSync : lstatSync)(locate(name), { bigint });
  return (stats as unknown as Readonly<Record<string, unknown>>)[field];
}

/** Of the processors their models: the rest says how busy they were. */
function osValue(name: string): unknown {
  const os = process.getBuiltinModule("node:os");
  if (name === "cpus") return os.cpus().map(({ model }) => model);
  return (os as unknown as Readonly<Record<string, () => unknown>>)[name]!();
}

function streamOf(name: string): NodeJS.WriteStream {
  return name === "stdout" ? process.stdout : process.stderr;
}
