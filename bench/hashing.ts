import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Benchmark, Cell } from "./benchmark.ts";
import { expectJson, ProjectFolder } from "./generated-pipeline.ts";
import { measure, median, runProcess } from "./measure.ts";
import { processCells, processColumns } from "./process-table.ts";
import { timesOf } from "./programs.ts";
import { touchAll, writeBigFile, writeManyFiles } from "./test-files.ts";

/** Versions of files: what hashing costs, and what not hashing saves. */
export const hashing: Benchmark = {
  about: "versions of one large file and of many small ones, against reading them and BLAKE3 in the same process",

  async run({ rounds, quick, log }) {
    const megabytes = quick ? 4 : 1024;
    const count = quick ? 50 : 10_000;
    const few = Math.min(rounds, 5);
    const project = new ProjectFolder([]);
    try {
      const { folder } = project;
      log(`writing ${megabytes} MiB and ${count} files`);
      const big = join(folder, "big.bin");
      const many = join(folder, "many");
      writeBigFile(big, megabytes);
      writeManyFiles(many, count);
      await new Promise((resolve) => setTimeout(resolve, 200));
      log(`${few} rounds`);
      const times = await timesOf("hashing-program.ts", project, { rounds: few, many, big });
      const rows = [...times]
        .filter(([label]) => !label.startsWith("first "))
        .map(([label, all]): Cell[] => {
          const [kind] = label.split(": ");
          const isOne = kind === "one file";
          const bare = median(times.get(`${kind}: read and BLAKE3`)!);
          const isRead = !label.includes("warm");
          const rate =
            isOne && isRead
              ? `${Math.round((megabytes * 1.048576) / (median(all) / 1000)).toLocaleString("en")} MB/s`
              : null;
          const name = isOne ? `${megabytes} MiB` : `${count.toLocaleString("en")} files of 4 KiB`;
          const each = isOne ? null : (median(all) * 1000) / count;
          return [name, label.slice(kind!.length + 2), median(all), median(all) / bare, each, rate];
        });
      log("a pipeline of the files");
      const whole = await wholeRuns(project, count, rounds);
      const columns = [
        { name: "what", unit: "text" },
        { name: "case", unit: "text" },
        { name: "time", unit: "ms" },
        { name: "of read and BLAKE3", unit: "x" },
        { name: "a file", unit: "us" },
        { name: "rate", unit: "text" },
      ] as const;
      return {
        tables: [
          { id: "hashing", title: "In one process", columns, rows },
          {
            id: "touched",
            title: `A pipeline that reads a glob of ${count.toLocaleString("en")} files, whole processes`,
            columns: [{ name: "case", unit: "text" }, ...processColumns],
            rows: whole,
          },
        ],
        notes: ["The files are in the system's memory: a disk slower than BLAKE3 makes the cold cases equal."],
      };
    } finally {
      project.remove();
    }
  },
};

async function wholeRuns(project: ProjectFolder, count: number, rounds: number): Promise<Cell[][]> {
  const source = `import { glob, stage } from "sluice";

export const files = glob("many/*");
export const total = stage({ files }, ({ files }) => files.length);
`;
  const cwd = project.folder;
  writeFileSync(join(cwd, "pipeline.js"), source);
  const args = project.sluice("run", "--json");
  const settle = async () => {
    for (let run = 0; run < 3; run += 1) await runProcess({ label: "a run", args, cwd });
  };
  await settle();
  const check = (stdout: string) => expectJson(stdout, { hit: 1, executed: 0 });
  const cases = [
    { label: "nothing changed", args, cwd, check, prepare: settle },
    { label: "every file touched", args, cwd, check, prepare: () => touchAll(join(cwd, "many"), count) },
  ];
  return (await measure(cases, { rounds: Math.min(rounds, 5), inOrder: true })).map((measured) => [
    measured.item.label,
    ...processCells(measured),
  ]);
}
