import { join } from "node:path";
import type { Benchmark, Cell } from "./benchmark.ts";
import { ProjectFolder } from "./generated-pipeline.ts";
import { median } from "./measure.ts";
import { timesOf } from "./programs.ts";
import { writeBigFile, writeManyFiles } from "./test-files.ts";

/** Putting results where a pipeline wants them. */
export const materialise: Benchmark = {
  about: "outputs placed from the store, against copying and linking the same files in the same process",

  async run({ rounds, quick, log }) {
    const megabytes = quick ? 4 : 1024;
    const count = quick ? 20 : 10_000;
    const few = Math.min(rounds, 3);
    const project = new ProjectFolder([]);
    try {
      const big = join(project.folder, "big.bin");
      const many = join(project.folder, "many");
      writeBigFile(big, megabytes);
      writeManyFiles(many, count);
      log(`${megabytes} MiB and ${count} files, ${few} rounds`);
      const times = await timesOf("materialise-program.ts", project, { rounds: few, many, big });
      const rows = [...times].map(([label, all]): Cell[] => {
        const [kind, way] = label.split(": ") as [string, string];
        const isOne = kind === "one file";
        const floor = median(times.get(`${kind}: read and write`)!);
        const name = isOne ? `${megabytes} MiB` : `${count.toLocaleString("en")} files of 4 KiB`;
        const each = isOne ? null : (median(all) * 1000) / count;
        return [name, way, median(all), Math.min(...all), Math.max(...all), median(all) / floor, each];
      });
      const columns = [
        { name: "what", unit: "text" },
        { name: "way", unit: "text" },
        { name: "time", unit: "ms" },
        { name: "least", unit: "ms" },
        { name: "most", unit: "ms" },
        { name: "of read and write", unit: "x" },
        { name: "a file", unit: "us" },
      ] as const;
      return { tables: [{ id: "materialise", title: "Placing outputs", columns, rows }] };
    } finally {
      project.remove();
    }
  },
};
