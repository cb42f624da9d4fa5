import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { ProjectFolder } from "./generated-pipeline.ts";
import { isPackage, type Peer, peersFolder, type Steps } from "./peer.ts";
import { jobs } from "./peer-builders.ts";

const bin = (name: string): string => join(peersFolder, "node_modules", ".bin", name);

/** A project whose `node_modules` is that of the peers. */
function writePackage(project: ProjectFolder, content: object): void {
  rmSync(join(project.folder, "node_modules"), { recursive: true, force: true });
  symlinkSync(join(peersFolder, "node_modules"), join(project.folder, "node_modules"), "junction");
  project.write("package.json", JSON.stringify({ name: "bench", private: true, version: "1.0.0", ...content }));
}

function byStep<T>(steps: Steps, make: (index: number) => T): Record<string, T> {
  return Object.fromEntries(steps.indices.map((index) => [`s${index}`, make(index)]));
}

const names = (indices: readonly number[]): string[] => indices.map((index) => `s${index}`);

/** The files of a step that no other step makes. */
const sources = (steps: Steps, index: number): string[] =>
  steps.inputs(index).filter((file) => !file.startsWith("out/"));

const wireit: Peer = {
  name: "wireit",
  isInstalled: () => isPackage("wireit"),
  definition: "package.json",
  write: (project, steps) => {
    const script = (index: number) => ({
      command: steps.command(index),
      dependencies: names(steps.parents(index)),
      files: sources(steps, index),
      output: [steps.output(index)],
    });
    writePackage(project, {
      scripts: { all: "wireit", ...byStep(steps, () => "wireit") },
      wireit: { all: { dependencies: names(steps.ends) }, ...byStep(steps, script) },
    });
  },
  forget: (folder) => rmSync(join(folder, ".wireit"), { recursive: true, force: true }),
  // Without npm around it, which takes longer than all the rest.
  args: () => ["--run", "all"],
  env: { WIREIT_PARALLEL: jobs, WIREIT_LOGGER: "quiet" },
  writesFiles: true,
};

const turbo: Peer = {
  name: "turbo",
  isInstalled: () => isPackage("turbo"),
  definition: "package.json",
  write: (project, steps) => {
    const task = (index: number) => ({
      dependsOn: names(steps.parents(index)),
      inputs: [...sources(steps, index), "package.json"],
      outputs: [steps.output(index)],
    });
    writePackage(project, {
      packageManager: "npm@11.0.0",
      scripts: byStep(steps, (index) => steps.command(index)),
    });
    project.write("package-lock.json", '{ "name": "bench", "lockfileVersion": 3, "packages": {} }\n');
    const tasks = { all: { dependsOn: names(steps.ends) }, ...byStep(steps, task) };
    project.write("turbo.json", JSON.stringify({ tasks }));
  },
  forget: (folder) => rmSync(join(folder, ".turbo"), { recursive: true, force: true }),
  program: bin("turbo"),
  args: () => ["run", "all", "--no-daemon", `--concurrency=${jobs}`, "--output-logs=none", "--cache-dir=.turbo/cache"],
  env: { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  writesFiles: true,
};

const nx: Peer = {
  name: "nx",
  isInstalled: () => isPackage("nx"),
  definition: "project.json",
  write: (project, steps) => {
    const target = (index: number) => ({
      executor: "nx:run-commands",
      cache: true,
      dependsOn: names(steps.parents(index)),
      inputs: [
        ...sources(steps, index).map((file) => `{projectRoot}/${file}`),
        { dependentTasksOutputFiles: "**/*.txt" },
      ],
      outputs: [`{projectRoot}/${steps.output(index)}`],
      options: { command: steps.command(index) },
    });
    writePackage(project, {});
    project.write("nx.json", JSON.stringify({ neverConnectToCloud: true, analytics: false }));
    const targets = {
      all: { executor: "nx:noop", dependsOn: names(steps.ends) },
      ...byStep(steps, target),
    };
    project.write("project.json", JSON.stringify({ name: "bench", root: ".", targets }));
  },
  forget: (folder) => rmSync(join(folder, ".nx"), { recursive: true, force: true }),
  program: bin("nx"),
  args: () => ["run", "bench:all", `--parallel=${jobs}`, "--outputStyle=static"],
  env: { NX_DAEMON: "false", NX_NO_CLOUD: "true", NX_TUI: "false", CI: "true" },
  writesFiles: true,
};

/** Tools from npm. */
export const packages: readonly Peer[] = [wireit, turbo, nx];
