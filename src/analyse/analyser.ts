// TEMPORARY STAND-IN by the founder, so that the command line can be tried; whoever owns src/analyse replaces this file.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { DerivedCache } from "../core/derived.ts";
import { digestOf } from "../core/digest.ts";
import type { CodeAnalyser, LoadedModules } from "./code-version.ts";

export function createAnalyser(options: { root: string; modules: LoadedModules; derived: DerivedCache }): CodeAnalyser {
  return {
    versionOf(frames) {
      const seen = new Set<string>();
      const queue = [frames[0]!.file];
      for (const file of queue) {
        if (seen.has(file)) continue;
        seen.add(file);
        const loaded = options.modules.get(file);
        for (const to of loaded?.resolutions.values() ?? []) if (path.isAbsolute(to) && !to.includes("/src/")) queue.push(to);
      }
      const parts = [...seen].sort().map((file) => ({
        kind: "module" as const,
        name: path.relative(options.root, file),
        file: path.relative(options.root, file),
        digest: digestOf(options.modules.get(file)?.source ?? readFileSync(file, "utf8")),
      }));
      return { digest: digestOf(JSON.stringify(parts)), parts, warnings: [] };
    },
    originalPlace: (frame) => frame,
  };
}
