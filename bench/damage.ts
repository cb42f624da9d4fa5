import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Benchmark, Cell } from "./benchmark.ts";
import { ProjectFolder } from "./generated-pipeline.ts";
import { isPackage, peersFolder } from "./peer.ts";
import { Random } from "./random.ts";

/** A tool that keeps the folder that one program writes, and puts it back. */
interface Keeper {
  readonly name: string;
  readonly isInstalled: () => boolean;
  readonly write: (project: ProjectFolder) => void;
  readonly program?: string;
  readonly args: (project: ProjectFolder) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The folder in which it keeps content. */
  readonly store: string;
}

const files = 300;

/** Writes 300 files that follow from the seed, then the file `made`, which is no output. */
const program = `const fs = require("node:fs"), path = require("node:path");
const [seed, out] = process.argv.slice(2);
const text = fs.readFileSync(seed, "utf8").trim();
fs.mkdirSync(out, { recursive: true });
for (let i = 0; i < ${files}; i++) fs.writeFileSync(path.join(out, i + ".txt"), content(text, i));
fs.writeFileSync(path.join(process.env.BENCH_FOLDER, "made"), "");
function content(seed, i) { let x = (Number(seed) * 7919 + i * 104729 + 1) >>> 0, s = ""; for (let k = 0; k < 1000; k++) { x = (Math.imul(x, 1664525) + 1013904223) >>> 0; s += x.toString(16).padStart(8, "0"); } return s; }
`;

/** What a file must hold: the same sums as above. */
function content(seed: number, index: number): string {
  let x = (seed * 7919 + index * 104729 + 1) >>> 0;
  let text = "";
  for (let k = 0; k < 1000; k += 1) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    text += x.toString(16).padStart(8, "0");
  }
  return text;
}

function writePackage(project: ProjectFolder, content: object): void {
  rmSync(join(project.folder, "node_modules"), { recursive: true, force: true });
  symlinkSync(join(peersFolder, "node_modules"), join(project.folder, "node_modules"), "junction");
  project.write("package.json", JSON.stringify({ name: "bench", private: true, version: "1.0.0", ...content }));
}

const make = "node make.cjs seed.txt out";

/** What a careful person would write around cacache: the list of files comes last, so it is there only if all of them are. */
const aroundCacache = `const fs = require("node:fs"), { execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto"), cacache = require("cacache");
const key = createHash("sha256").update(fs.readFileSync("seed.txt")).update(fs.readFileSync("make.cjs")).digest("hex");
(async () => {
  const list = await cacache.get(".cacache", key).catch((error) => { if (error.code !== "ENOENT") throw error; });
  fs.mkdirSync("out", { recursive: true });
  if (list) {
    for (const name of JSON.parse(list.data)) fs.writeFileSync("out/" + name, (await cacache.get(".cacache", key + name)).data);
    return;
  }
  execFileSync("node", ["make.cjs", "seed.txt", "out"]);
  const names = fs.readdirSync("out");
  for (const name of names) await cacache.put(".cacache", key + name, fs.readFileSync("out/" + name));
  await cacache.put(".cacache", key, JSON.stringify(names));
})().catch((error) => { console.error(error.code ?? error); process.exit(1); });
`;

const keepers: readonly Keeper[] = [
  {
    name: "sluice",
    isInstalled: () => true,
    write: (project) =>
      project.write(
        "pipeline.js",
        `import { command, file } from "sluice";
export const seed = file("seed.txt");
export const all = command({ seed }, ["node", "make.cjs", "{seed}", "{out}"], { outputs: { out: "out/" }, env: ["BENCH_FOLDER"] });
`,
      ),
    args: (project) => project.sluice("run", "--quiet"),
    store: ".sluice/v1/blobs",
  },
  {
    name: "wireit",
    isInstalled: () => isPackage("wireit"),
    write: (project) =>
      writePackage(project, {
        scripts: { all: "wireit" },
        wireit: { all: { command: make, files: ["seed.txt", "make.cjs"], output: ["out/**"] } },
      }),
    args: () => ["--run", "all"],
    env: { WIREIT_LOGGER: "quiet" },
    store: ".wireit",
  },
  {
    name: "turbo",
    isInstalled: () => isPackage("turbo"),
    write: (project) => {
      writePackage(project, { packageManager: "npm@11.0.0", scripts: { all: make } });
      project.write("package-lock.json", '{ "name": "bench", "lockfileVersion": 3, "packages": {} }\n');
      const task = { inputs: ["seed.txt", "make.cjs"], outputs: ["out/**"], passThroughEnv: ["BENCH_FOLDER"] };
      project.write("turbo.json", JSON.stringify({ tasks: { all: task } }));
    },
    program: join(peersFolder, "node_modules", ".bin", "turbo"),
    args: () => ["run", "all", "--no-daemon", "--output-logs=none", "--cache-dir=.turbo/cache"],
    env: { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
    store: ".turbo/cache",
  },
  {
    name: "cacache, by hand",
    isInstalled: () => isPackage("cacache"),
    write: (project) => {
      writePackage(project, {});
      project.write("keep.cjs", aroundCacache);
    },
    args: () => ["keep.cjs"],
    store: ".cacache/content-v2",
  },
];

/** What tools put back from a cache in which a bit was flipped, and from one whose writer was killed. */
export const damage: Benchmark = {
  about: "what Sluice and other tools put back from a damaged cache, and after being killed while they save",

  async run({ quick, log }) {
    const rows: Cell[][] = [];
    for (const keeper of keepers) {
      if (!keeper.isInstalled()) continue;
      log(keeper.name);
      const flips = await tried(keeper, quick ? 1 : 10, flipped);
      const kills = await tried(keeper, quick ? 1 : 20, killed);
      rows.push([keeper.name, text(flips), text(kills)]);
    }
    return {
      tables: [
        {
          id: "damage",
          title: `${files} files are put back`,
          columns: [
            { name: "tool", unit: "text" },
            { name: "one bit of the cache flipped", unit: "text" },
            { name: "killed while it saved", unit: "text" },
          ],
          rows,
        },
      ],
      notes: [
        "A program writes 300 files of 8,000 bytes, the tool keeps them, the folder is removed, and the tool is called again. Flipped: one bit in the middle of a kept file. Killed: `kill -9` to the tool and all that it started, at a random instant after the program has written its last file; the first run of each is not killed, and tells how long saving takes. Right: all 300 files with the right bytes, put back or made again. Wrong: the tool ends with success, and files are missing or hold other bytes.",
      ],
    };
  },
};

interface Outcomes {
  right: number;
  wrong: number;
  failed: number;
  fewest: number;
}

function text({ right, wrong, failed, fewest }: Outcomes): string {
  const parts = [`${right} right`];
  if (wrong > 0) parts.push(`${wrong} wrong${fewest < files ? ` (down to ${fewest} files)` : ""}`);
  if (failed > 0) parts.push(`${failed} failed and said so`);
  return parts.join(", ");
}

type Trial = (run: Run, random: Random) => Promise<void>;

async function tried(keeper: Keeper, times: number, trial: Trial): Promise<Outcomes> {
  const outcomes: Outcomes = { right: 0, wrong: 0, failed: 0, fewest: files };
  const random = new Random(7);
  const project = new ProjectFolder([["make.cjs", program]]);
  keeper.write(project);
  try {
    for (let seed = 1; seed <= times; seed += 1) {
      const run = new Run(keeper, project);
      project.write("seed.txt", `${seed}\n`);
      await trial(run, random);
      run.forgetOutputs();
      const { code } = await run.whole();
      const sound = run.soundFiles(seed);
      if (code !== 0) outcomes.failed += 1;
      else if (sound === files) outcomes.right += 1;
      else {
        outcomes.wrong += 1;
        outcomes.fewest = Math.min(outcomes.fewest, run.presentFiles());
      }
    }
  } finally {
    project.remove();
  }
  return outcomes;
}

async function flipped(run: Run, random: Random): Promise<void> {
  await run.whole();
  const kept = run.keptFiles();
  const victim = kept[random.below(kept.length)]!;
  const bytes = readFileSync(victim);
  bytes[bytes.length >> 1]! ^= 1 << random.below(8);
  writeFileSync(victim, bytes);
}

/** Milliseconds from the program's end to the tool's, as seen before. */
const saving = new Map<string, number>();

async function killed(run: Run, random: Random): Promise<void> {
  const { name } = run.keeper;
  const started = run.start();
  const madeAt = await Promise.race([run.made(), started.ended.then(() => performance.now())]);
  if (!saving.has(name)) {
    await started.ended;
    saving.set(name, performance.now() - madeAt);
    return;
  }
  await setTimeout((saving.get(name)! * random.below(1000)) / 1000);
  started.kill();
  await started.ended;
}

class Run {
  readonly keeper: Keeper;
  readonly #project: ProjectFolder;

  constructor(keeper: Keeper, project: ProjectFolder) {
    this.keeper = keeper;
    this.#project = project;
  }

  start() {
    const { program = process.execPath, args, env } = this.keeper;
    const { folder } = this.#project;
    rmSync(join(folder, "made"), { force: true });
    const child = spawn(program, args(this.#project), {
      cwd: folder,
      env: { ...process.env, ...env, BENCH_FOLDER: folder },
      stdio: "ignore",
      detached: true,
    });
    const ended = once(child, "exit").then(([code]) => ({ code: code as number | null }));
    const kill = (): void => {
      try {
        process.kill(-child.pid!, "SIGKILL");
      } catch {
        // it has ended by itself
      }
    };
    return { ended, kill };
  }

  whole(): Promise<{ readonly code: number | null }> {
    return this.start().ended;
  }

  /** When the program has written its last file. */
  async made(): Promise<number> {
    for (let waited = 0; waited < 10_000 && !existsSync(join(this.#project.folder, "made")); waited += 1) {
      await setTimeout(1);
    }
    return performance.now();
  }

  forgetOutputs(): void {
    rmSync(join(this.#project.folder, "out"), { recursive: true, force: true });
  }

  /** The files in which the tool keeps content. */
  keptFiles(): string[] {
    const folder = join(this.#project.folder, this.keeper.store);
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .filter((file) => statSync(file).isFile() && statSync(file).size >= 4000);
  }

  presentFiles(): number {
    const folder = join(this.#project.folder, "out");
    return existsSync(folder) ? readdirSync(folder).length : 0;
  }

  soundFiles(seed: number): number {
    let sound = 0;
    for (let index = 0; index < files; index += 1) {
      const file = join(this.#project.folder, "out", `${index}.txt`);
      if (existsSync(file) && readFileSync(file, "utf8") === content(seed, index)) sound += 1;
    }
    return sound;
  }
}
