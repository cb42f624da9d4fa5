import { fileURLToPath } from "node:url";
import type { Benchmark, Cell } from "./benchmark.ts";
import { ProjectFolder } from "./generated-pipeline.ts";
import { median } from "./measure.ts";
import { timesOf } from "./programs.ts";

/** The blob store, beside the cache that npm uses. */
export const store: Benchmark = {
  about: "puts and gets of the blob store, against cacache (npm's cache) in the same process",

  async run({ rounds, quick, log }) {
    const small = quick ? 10 : 1000;
    const megabytes = quick ? 2 : 64;
    const few = Math.min(rounds, 5);
    log(`${small} entries of 8 KiB and one of ${megabytes} MiB, ${few} rounds`);
    const project = new ProjectFolder([]);
    const peers = fileURLToPath(new URL("peers", import.meta.url));
    try {
      const times = await timesOf("store-program.ts", project, { rounds: few, small, megabytes, peers });
      const rows = [...times]
        .filter(([label]) => !label.startsWith("first "))
        .map(([label, all]): Cell[] => {
          const [size, way] = label.split(": ") as [string, string];
          const peer = times.get(`${size}: cacache, ${way.split(", ")[1]}`);
          const name = size === "small" ? `${small.toLocaleString("en")} of 8 KiB` : `one of ${megabytes} MiB`;
          const each = size === "small" ? (median(all) * 1000) / small : null;
          return [
            name,
            way,
            median(all),
            Math.min(...all),
            Math.max(...all),
            peer ? median(all) / median(peer) : null,
            each,
          ];
        });
      const columns = [
        { name: "entries", unit: "text" },
        { name: "what", unit: "text" },
        { name: "time", unit: "ms" },
        { name: "least", unit: "ms" },
        { name: "most", unit: "ms" },
        { name: "of cacache", unit: "x" },
        { name: "an entry", unit: "us" },
      ] as const;
      return {
        tables: [{ id: "store", title: "Puts and gets", columns, rows }],
        notes: [
          "A put of Sluice is durable when it returns (fsync of the file and of its folder); one of cacache is not, and a power cut can lose it.",
          ...(rows.length === 4 ? ["cacache is not installed: npm install --prefix bench/peers"] : []),
        ],
      };
    } finally {
      project.remove();
    }
  },
};
