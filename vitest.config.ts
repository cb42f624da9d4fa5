import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/fixtures/**"],
    globalSetup: ["test/rig/own-temp-folder.ts", "test/rig/tested.ts"],
    setupFiles: "test/rig/random-limits.ts",
    // Against tests that never end; a busy machine may take several times as long as a quiet one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    // Most tests wait for processes that they have started.
    maxWorkers: availableParallelism(),
    // Thousands of processes are started from source: compiled once, each of them starts in a third of the time.
    env: { NODE_COMPILE_CACHE: new URL("./node_modules/.cache/compiled", import.meta.url).pathname },
    typecheck: { enabled: false },
  },
  resolve: {
    alias: [
      { find: /^sluice$/, replacement: new URL("./src/index.ts", import.meta.url).pathname },
      { find: /^sluice\/cache$/, replacement: new URL("./src/cache/index.ts", import.meta.url).pathname },
      {
        find: /^sluice\/dataflow$/,
        replacement: new URL("./src/authoring/dataflow/index.ts", import.meta.url).pathname,
      },
    ],
  },
});
