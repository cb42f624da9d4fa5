/*
 * Loads modules of a project and versions the stages that they export, with the functions as they are in this process:
 *   node captured-process.ts ROOT CACHE FILE...
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createAnalyser } from "../../src/analyse/analyser.ts";
import { importModule, loadedModules } from "../../src/analyse/load/loader.ts";
import { exportedNodes } from "../../src/authoring/exported-nodes.ts";
import { failureOf } from "../../src/core/failure.ts";
import { shortText } from "../../src/core/short-text.ts";

const [root = "", cache = "", ...files] = process.argv.slice(2);
mkdirSync(cache, { recursive: true });
const entry = (kind: string, key: string): string => path.join(cache, `${kind}-${key}`);
const derived = {
  get: (kind: string, key: string) => (existsSync(entry(kind, key)) ? readFileSync(entry(kind, key)) : undefined),
  // Other processes read it at the same time.
  put: (kind: string, key: string, value: Uint8Array) => {
    const part = `${entry(kind, key)}.${process.pid}`;
    writeFileSync(part, value);
    renameSync(part, entry(kind, key));
  },
};

const report: Record<string, unknown> = {};
const modules = [];
for (const file of files) modules.push([file, await importModule(path.join(root, file), { derived })] as const);
const analyser = createAnalyser({ root, modules: loadedModules, derived });
for (const [file, exported] of modules) {
  for (const [name, node] of exportedNodes(exported)) {
    if (node.kind !== "stage") continue;
    const found: Record<string, unknown> = {};
    report[`${file} ${name}`] = found;
    const context = {} as Parameters<typeof node.run>[1];
    found.result = await Promise.resolve()
      .then(() => node.run({}, context))
      .then(shortText, String);
  }
}
// What the stages did to what they captured is seen by the versions taken now: another process that did the same agrees.
for (const [file, exported] of modules) {
  for (const [name, node] of exportedNodes(exported)) {
    if (node.kind !== "stage") continue;
    const found = report[`${file} ${name}`] as Record<string, unknown>;
    const live = (argument: unknown): unknown =>
      argument === 1
        ? node.run
        : node.checks.length === 1 && node.checks[0]!.level === "fail"
          ? node.checks[0]!.test
          : node.checks;
    const args = node.checks.length > 0 ? ([1, [2, "check"]] as const) : [1];
    try {
      const version = analyser.versionOf(node.site, args, { name, live });
      found.digest = version.digest;
      found.parts = version.parts.map(
        ({ kind, name: of, value }) => `${kind} ${of}${value === undefined ? "" : `=${value}`}`,
      );
      found.changed = version.changedCapture?.();
    } catch (error) {
      const failure = failureOf(error);
      found.failure = failure ? { ...failure, cause: undefined } : String((error as Error).stack);
    }
  }
}
process.stdout.write(`\n@@${JSON.stringify(report)}`);
