import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const repository = path.resolve(import.meta.dirname, "../..");
const variable = "SLUICE_TESTED";

/** The modules that the package exports. */
const sources = { index: "src/index.ts", cache: "src/cache/index.ts", dataflow: "src/authoring/dataflow/index.ts" };

/**
 * Decides once for all tests what the processes that they start run: Sluice as it was built, as its users do, which starts in half the
 * time. After an edit it is the source, until that is built.
 */
export default function chooseTested(): () => void {
  const chosen = process.env[variable];
  process.env[variable] ??= isBuilt() ? "build" : "source";
  return () => {
    if (chosen === undefined) delete process.env[variable];
  };
}

function isBuilt(): boolean {
  const built = ["dist/cli.js", "dist/index.js", "dist/cache.js", "dist/dataflow.js"].map(at);
  if (!built.every(existsSync)) return false;
  const builtAt = Math.min(...built.map(changedAt));
  return ["src", "build", "tsdown.config.ts", "package.json"].every((name) => newestIn(at(name)) <= builtAt);
}

function newestIn(file: string): number {
  if (!statSync(file).isDirectory()) return changedAt(file);
  const within = readdirSync(file, { recursive: true, encoding: "utf8" });
  return Math.max(...within.map((name) => changedAt(path.join(file, name))));
}

function changedAt(file: string): number {
  return statSync(file).mtimeMs;
}

function at(name: string): string {
  return path.join(repository, name);
}

const tested = process.env[variable] === "build";

/** The program of the command line. */
export const cli = at(tested ? "bin/sluice.js" : "src/cli.ts");

/** The path that TypeScript finds the types of a module at that the package exports. */
export function typesOf(name: keyof typeof sources): string {
  return at(tested ? `dist/${name}.d.ts` : sources[name]);
}

/** The URL of a module that the package exports. */
export function exported(name: keyof typeof sources): string {
  return pathToFileURL(at(tested ? `dist/${name}.js` : sources[name])).href;
}
