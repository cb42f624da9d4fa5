import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { isOnPath, type Peer, type Steps } from "./peer.ts";

/** As many at once as Sluice takes on a machine of two processors; the same for all. */
export const jobs = "2";

const lines = (steps: Steps, line: (index: number) => string): string => steps.indices.map(line).join("\n");

function make(name: string, ...flags: string[]): Peer {
  return {
    name,
    isInstalled: () => isOnPath("make"),
    definition: "Makefile",
    write: (project, steps) => {
      const all = `all: ${steps.ends.map((index) => steps.output(index)).join(" ")}\n`;
      const rule = (index: number) => `${steps.output(index)}: ${steps.inputs(index).join(" ")}\n\t@cksum $^ > $@`;
      project.write("Makefile", `${all}${lines(steps, rule)}\n`);
    },
    forget: () => {},
    program: "make",
    args: () => [`-j${jobs}`, ...flags, "all"],
    writesFiles: true,
  };
}

const ninja: Peer = {
  name: "ninja",
  isInstalled: () => isOnPath("ninja"),
  definition: "build.ninja",
  write: (project, steps) => {
    const build = (index: number) => `build ${steps.output(index)}: sum ${steps.inputs(index).join(" ")}`;
    project.write("build.ninja", `rule sum\n  command = cksum $in > $out\n${lines(steps, build)}\n`);
  },
  forget: (folder) => {
    for (const name of [".ninja_log", ".ninja_deps"]) rmSync(join(folder, name), { force: true });
  },
  program: "ninja",
  args: () => ["-j", jobs, "--quiet"],
  writesFiles: true,
};

const tup: Peer = {
  name: "tup",
  // It mounts a file system of its own.
  isInstalled: () => isOnPath("tup") && isOnPath("fusermount3"),
  definition: "Tupfile",
  write: (project, steps) => {
    const rule = (index: number) => `: ${steps.inputs(index).join(" ")} |> cksum %f > %o |> ${steps.output(index)}`;
    project.write("Tupfile", `${lines(steps, rule)}\n`);
    project.write("Tupfile.ini", "");
  },
  forget: (folder) => {
    rmSync(join(folder, ".tup"), { recursive: true, force: true });
    const { status, stderr } = spawnSync("tup", ["init", "--no-sync"], { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`tup init: ${stderr}`);
  },
  program: "tup",
  args: () => ["upd", `-j${jobs}`, "--quiet"],
  writesFiles: true,
};

const snakemake: Peer = {
  name: "snakemake",
  isInstalled: () => isOnPath("snakemake"),
  definition: "Snakefile",
  write: (project, steps) => {
    const quoted = (files: readonly string[]) => files.map((file) => `"${file}"`).join(", ");
    const all = `rule all:\n  input: ${quoted(steps.ends.map((index) => steps.output(index)))}\n`;
    const rule = (index: number) =>
      `rule s${index}:\n  input: ${quoted(steps.inputs(index))}\n  output: "${steps.output(index)}"\n  shell: "cksum {input} > {output}"`;
    project.write("Snakefile", `${all}${lines(steps, rule)}\n`);
  },
  forget: (folder) => rmSync(join(folder, ".snakemake"), { recursive: true, force: true }),
  program: "snakemake",
  args: () => ["--jobs", jobs, "--quiet", "all"],
  writesFiles: true,
};

/** Build tools that come with a system. */
export const builders: readonly Peer[] = [make("make"), make("make -rR", "-rR"), ninja, tup, snakemake];
