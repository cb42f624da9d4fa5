import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { linesOf, type PtyProcess, python, startInTerminal } from "../../test/rig/pty.ts";
import { screenSvg } from "./screen-svg.ts";

/*
 * Makes the pictures of docs/pictures: runs the built command line in real terminals and draws what their windows show.
 * node examples/terminal/record.ts, after a build. Needs Python, to make terminals.
 */

interface Scene {
  readonly picture: string;
  readonly pipeline: string;
  readonly columns: number;
  readonly rows: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is run once before, so that durations are known. */
  readonly again?: readonly string[];
  /** Brings the screen to where the picture is taken. */
  readonly play: (run: PtyProcess) => Promise<unknown>;
}

const shows = (run: PtyProcess, text: string | RegExp): Promise<void> =>
  run.shows((lines) => lines.some((line) => (typeof text === "string" ? line.includes(text) : text.test(line))));

const scenes: readonly Scene[] = [
  {
    picture: "terminal-5-nodes",
    pipeline: "shop.ts",
    columns: 80,
    rows: 24,
    again: ["--jobs", "4"],
    args: ["--recompute", "orders", "--recompute", "clean", "--recompute", "forecast", "--jobs", "4"],
    play: (run) => shows(run, /orders.* 5\d%/),
  },
  {
    picture: "terminal-logs",
    pipeline: "shop.ts",
    columns: 80,
    rows: 24,
    args: ["--jobs", "4"],
    play: async (run) => {
      await shows(run, /orders.* 4\d%/);
      run.type("l");
      await shows(run, "│");
    },
  },
  {
    picture: "terminal-5000-nodes",
    pipeline: "thousands.ts",
    columns: 120,
    rows: 40,
    args: ["--jobs", "8"],
    play: (run) => shows(run, /[23],\d\d\d of 4,996/),
  },
  {
    picture: "terminal-narrow",
    pipeline: "shop.ts",
    columns: 40,
    rows: 12,
    args: ["--jobs", "4"],
    play: (run) => shows(run, /orders.* 6\d%/),
  },
  {
    picture: "terminal-ascii",
    pipeline: "shop.ts",
    columns: 80,
    rows: 12,
    env: { NO_COLOR: "1", TERM: "linux" },
    args: ["--jobs", "4"],
    play: (run) => shows(run, /orders.* 6\d%/),
  },
  {
    picture: "terminal-failure",
    pipeline: "failing.ts",
    columns: 80,
    rows: 18,
    args: ["--keep-going", "--jobs", "4"],
    play: (run) => run.ended,
  },
];

const repository = path.resolve(import.meta.dirname, "../..");
const pictures = path.join(repository, "docs/pictures");
const cli = path.join(repository, "bin/sluice.js");

async function record(scene: Scene): Promise<void> {
  const { args = [], columns, env = {}, pipeline, rows } = scene;
  const cache = await mkdtemp(path.join(tmpdir(), "sluice-record-"));
  const start = (more: readonly string[]): PtyProcess => {
    const call = ["run", "-f", path.join(import.meta.dirname, pipeline), "--cache-dir", cache, ...more];
    return startInTerminal(process.execPath, [cli, ...call], { columns, rows, cwd: import.meta.dirname, env });
  };
  try {
    if (scene.again) await start(scene.again).ended;
    const run = start(args);
    await scene.play(run);
    const svg = screenSvg(run.screen, `sluice run (${columns} × ${rows})`);
    await writeFile(path.join(pictures, `${scene.picture}.svg`), svg);
    console.log(`${scene.picture}\n${linesOf(run.screen).slice(-rows).join("\n")}\n`);
    run.type("\x03\x03");
    await run.ended;
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

if (python === undefined) throw new Error("there is no Python to make terminals with");
await mkdir(pictures, { recursive: true });
const wanted = process.argv.slice(2);
for (const scene of scenes) if (wanted.length === 0 || wanted.includes(scene.picture)) await record(scene);
