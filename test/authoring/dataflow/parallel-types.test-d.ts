/*
 * Checked by `tsc --noEmit`, never run: what the compiler knows of branches.
 */
import { collect, Driver, each, type ParallelItem, parallel } from "sluice/dataflow";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(same: Equal<A, B>): void;

const flow = {
  file: parallel(({ folder }: { folder: string }) => [`${folder}/a`]),
  page: parallel(async function* (file: string): AsyncGenerator<{ text: string }> {
    yield { text: file };
  }),
  size: each(({ file }: { file: string }) => file.length),
  loose: ({ file }: { file: string }) => file.length,
  deep: each(each(({ page }: { page: { text: string } }) => page.text)),
  total: collect("size", ({ size }: { size: number[] }) => size.length),
  renamed: collect({ sizes: "size" }, ({ sizes, least }: { sizes: number[]; least: number }) => sizes.length + least),
};

const driver = Driver.builder().withModules(flow).build();
const made = await driver.execute(["file", "page", "size", "loose", "deep", "total", "renamed"], {
  inputs: { folder: "a", least: 0 },
});
same<typeof made.file, string[]>(true);
same<typeof made.page, { text: string }[]>(true);
same<typeof made.size, number[]>(true);
same<typeof made.deep, string[][]>(true);
same<typeof made.total, number>(true);
same<typeof made.renamed, number>(true);
same<ParallelItem<typeof flow.page>, { text: string }>(true);
// Of a node that does not say so, the compiler does not know that it is in a branch.
same<typeof made.loose, number>(true);

driver.execute(["size"], { overrides: { file: ["a"], size: [1] } });
// @ts-expect-error an override of a parallel node is a list
driver.execute(["size"], { overrides: { file: "a" } });
// @ts-expect-error so is one of a node that says that it is in a branch
driver.execute(["total"], { overrides: { size: 1 } });
// @ts-expect-error an input of a wrong type
driver.execute(["renamed"], { inputs: { least: "0" } });
// @ts-expect-error no list to go through
parallel(() => 5);
// @ts-expect-error no name
collect(5, (a: number[]) => a);
// @ts-expect-error no executor
Driver.builder().withExecutor("process");
Driver.builder().withExecutor({ kind: "thread", memory: "1GB" });

// Called by hand they are what they were.
const called: string[] = flow.file({ folder: "a" });
const size: number = flow.size({ file: "a" });
void [called, size];
