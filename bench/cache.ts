import { fileURLToPath } from "node:url";
import type { Benchmark, Cell } from "./benchmark.ts";
import { ProjectFolder } from "./generated-pipeline.ts";
import { median } from "./measure.ts";
import { timesOf } from "./programs.ts";

/** The explicit cache: what single calls cost. */
export const cache: Benchmark = {
  about: "single calls of sluice/cache, against cacache (npm's cache) and SQLite alone in the same process",

  async run({ rounds, quick, log }) {
    const entries = quick ? 20 : 1000;
    log(`${entries} entries of 300 bytes, ${rounds} rounds`);
    const project = new ProjectFolder([]);
    try {
      const peers = fileURLToPath(new URL("peers", import.meta.url));
      const times = await timesOf("cache-program.ts", project, { rounds, entries, peers });
      const bare = median(times.get("SQLite alone: a row of 600 bytes, a transaction each")!);
      const rows = [...times]
        .filter(([label]) => !label.endsWith(", one in ten"))
        .map(([label, all]): Cell[] => {
          const slow = times.get(`${label}, one in ten`);
          return [label, median(all) * 1000, slow ? median(slow) * 1000 : null, slow ? median(all) / bare : null];
        });
      const columns = [
        { name: "call", unit: "text" },
        { name: "median", unit: "us" },
        { name: "one in ten takes", unit: "us" },
        { name: "of SQLite alone", unit: "x" },
      ] as const;
      const hasPeer = times.has("cacache: get");
      return {
        tables: [{ id: "cache", title: "Calls of the explicit cache", columns, rows }],
        notes: [
          "A miss of wrap looks for the entry, takes the lease of its key among all processes, calls the function, encodes what it gives, records it and decodes it. What it resolved with survives the end of the process, and a power cut once the disk has been waited for, which is done beside the event loop.",
          "A put of cacache is not waited for to reach the disk at all.",
          ...(hasPeer ? [] : ["cacache is not installed: npm install --prefix bench/peers"]),
        ],
      };
    } finally {
      project.remove();
    }
  },
};
