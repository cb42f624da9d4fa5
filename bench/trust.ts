import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Benchmark, Cell } from "./benchmark.ts";
import { ProjectFolder } from "./generated-pipeline.ts";
import { runProcess } from "./measure.ts";
import { type Peer, Steps } from "./peer.ts";
import { builders } from "./peer-builders.ts";
import { packages } from "./peer-packages.ts";
import { own } from "./peer-sluice.ts";

/** What tools take for a change, and what they miss: a fast run that is wrong is not fast. */
export const trust: Benchmark = {
  about: "what Sluice and other tools run again after a touch, a quick edit, and an edit of the commands",

  async run({ quick, log }) {
    const steps = new Steps("layered", quick ? 12 : 30);
    const rows: Cell[][] = [];
    for (const peer of [...own, ...builders, ...packages]) {
      if (!peer.writesFiles || !peer.isInstalled()) continue;
      log(peer.name);
      rows.push([peer.name, ...(await probe(peer, steps))]);
    }
    const columns = ["touched", "edited at once", "commands edited"].map((name) => ({ name, unit: "text" }) as const);
    return {
      tables: [
        {
          id: "trust",
          title: `Steps that run again, of ${steps.count}`,
          columns: [{ name: "tool", unit: "text" }, ...columns],
          rows,
        },
      ],
      notes: [
        "touched: the first input has a new time and its old content; nothing need run. Edited at once: an input of the last step is edited as soon as a run has ended; one step must run, and five rounds are tried. Commands edited: every step's command says the same in other words; all must run, for nobody can know.",
      ],
    };
  },
};

async function probe(peer: Peer, steps: Steps): Promise<Cell[]> {
  const project = new ProjectFolder([
    ["seed.txt", "1\n"],
    ["extra.txt", "1\n"],
  ]);
  const { folder } = project;
  const isSluice = own.includes(peer);
  const args = peer.args(project).map((arg) => (isSluice && arg === "--quiet" ? "--json" : arg));
  const run = async (): Promise<string> => {
    const program = peer.program === undefined ? {} : { program: peer.program };
    const env = peer.env === undefined ? {} : { env: peer.env };
    return (await runProcess({ label: peer.name, ...program, args, cwd: folder, ...env })).stdout;
  };
  const times = () => steps.indices.map((index) => statSync(join(folder, steps.output(index))).mtimeMs);
  const rerun = async (): Promise<number> => {
    const before = times();
    const stdout = await run();
    // An output that came out the same is not placed anew by Sluice, so its time does not tell.
    if (isSluice) return stdout.split('"status": "executed"').length - 1;
    return times().filter((time, index) => time !== before[index]).length;
  };
  try {
    mkdirSync(join(folder, "out"));
    peer.write(project, steps);
    peer.forget(folder);
    await run();
    await setTimeout(1100);
    const now = new Date();
    utimesSync(join(folder, "seed.txt"), now, now);
    const touched = await rerun();
    let missed = 0;
    const rounds = 5;
    for (let round = 2; round < 2 + rounds; round += 1) {
      writeFileSync(join(folder, "extra.txt"), `${round}\n`);
      const before = readFileSync(join(folder, steps.output(steps.count - 1)), "utf8");
      await run();
      if (readFileSync(join(folder, steps.output(steps.count - 1)), "utf8") === before) missed += 1;
    }
    await setTimeout(1100);
    await run();
    await setTimeout(1100);
    const definition = join(folder, peer.definition);
    writeFileSync(definition, readFileSync(definition, "utf8").replaceAll("cksum ", "cksum -- "));
    const commands = await rerun();
    return [`${touched} run`, missed === 0 ? "seen" : `missed ${missed} of ${rounds}`, `${commands} run`];
  } finally {
    project.remove();
  }
}
