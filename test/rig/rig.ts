import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { cli, exported } from "./tested.ts";

/** How a process ended, and what it wrote. */
export interface Finished {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Stdout as JSON; throws, with all that was written, when it is not exactly one document. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of many shapes
  json(): any;
}

/** A process that is under way. */
export interface Started {
  readonly pid: number;
  readonly finished: Promise<Finished>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the process has written this; rejects when it ends without. */
  wrote(text: string): Promise<void>;
  /** What it has written so far. */
  written(): { readonly stdout: string; readonly stderr: string };
  /** Resolves when what it has written is so; rejects when it ends without. */
  until(holds: (written: { readonly stdout: string; readonly stderr: string }) => boolean): Promise<void>;
}

export interface SpawnOptions {
  /** Added to the environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Relative to the project. */
  readonly cwd?: string;
}

/** A project in a folder of its own, and the real command line on it. */
export interface RigProject extends AsyncDisposable {
  /** Absolute path. */
  readonly dir: string;
  /** Runs `sluice` with these arguments to its end. */
  sluice(...args: string[]): Promise<Finished>;
  /** The same with more to say about the process. */
  sluiceWith(options: SpawnOptions, ...args: string[]): Promise<Finished>;
  /** Starts `sluice` and gives it while it runs. */
  start(options: SpawnOptions, ...args: string[]): Started;
  write(file: string, content: string | Uint8Array): Promise<void>;
  append(file: string, content: string): Promise<void>;
  read(file: string): Promise<string>;
  exists(file: string): boolean;
  /** Changes a file's times, not its content. */
  touch(file: string): Promise<void>;
  remove(file: string): Promise<void>;
  chmod(file: string, mode: number): Promise<void>;
}

/** Files by path. `import { stage } from "sluice"` in them leads to what is {@link exported}. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

async function project(files: Files): Promise<RigProject> {
  const dir = await mkdtemp(path.join(tmpdir(), "sluice-rig-"));
  const at = (file: string): string => path.join(dir, file);
  const write = async (file: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(path.dirname(at(file)), { recursive: true });
    await writeFile(at(file), content);
  };
  for (const [file, content] of Object.entries({ ...packageFiles(), ...files })) await write(file, content);
  const start = (options: SpawnOptions, ...args: string[]): Started =>
    startProcess(process.execPath, [cli, ...args], { ...options, cwd: path.resolve(dir, options.cwd ?? ".") });
  return {
    dir,
    sluice: (...args) => start({}, ...args).finished,
    sluiceWith: (options, ...args) => start(options, ...args).finished,
    start,
    write,
    append: (file, content) => appendFile(at(file), content),
    read: (file) => readFile(at(file), "utf8"),
    exists: (file) => existsSync(at(file)),
    touch: async (file) => {
      const later = new Date(Date.now() + 5_000);
      await utimes(at(file), later, later);
    },
    remove: (file) => rm(at(file), { recursive: true }),
    chmod: (file, mode) => chmod(at(file), mode),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** A package `sluice` that is what is tested: modules in JavaScript, because Node strips no types below node_modules. */
function packageFiles(): Files {
  const again = (name: Parameters<typeof exported>[0]) => `export * from ${JSON.stringify(exported(name))};\n`;
  const exports = `{ ".": "./index.js", "./cache": "./cache.js", "./dataflow": "./dataflow.js" }`;
  return {
    "package.json": `{ "type": "module" }\n`,
    "node_modules/sluice/package.json": `{ "name": "sluice", "version": "0.0.0", "type": "module", "exports": ${exports} }\n`,
    "node_modules/sluice/index.js": again("index"),
    "node_modules/sluice/cache.js": again("cache"),
    "node_modules/sluice/dataflow.js": again("dataflow"),
  };
}

/** Starts a program. What it inherits of the environment says nothing about colours or terminals. */
function startProcess(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: SpawnOptions["env"] },
): Started {
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env };
  for (const name of ["NO_COLOR", "FORCE_COLOR", "NODE_OPTIONS", "VITEST", "NODE_ENV"]) {
    if (options.env?.[name] === undefined) delete env[name];
  }
  for (const [name, value] of Object.entries(options.env ?? {})) if (value === undefined) delete env[name];
  const child = spawn(program, args, { cwd: options.cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  const watchers = new Set<() => void>();
  const heard = (): void => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    heard();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    heard();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr, json: () => parse(stdout, stderr) }));
  });
  const until = (holds: () => boolean, what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
      finished.then(() => {
        look();
        reject(new Error(`it ended and never wrote ${what}:\n${stdout}${stderr}`));
      }, reject);
    });
  return {
    pid: child.pid!,
    finished,
    kill: (signal) => void child.kill(signal),
    wrote: (text) => until(() => stdout.includes(text) || stderr.includes(text), JSON.stringify(text)),
    written: () => ({ stdout, stderr }),
    until: (holds) => until(() => holds({ stdout, stderr }), "what was waited for"),
  };
}

function parse(stdout: string, stderr: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`stdout is not one JSON document:\n${stdout}\nstderr:\n${stderr}`);
  }
}

/** Real projects and real processes for tests. */
export const rig = { project, startProcess };
