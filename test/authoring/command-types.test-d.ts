/*
 * Checked by `tsc --noEmit`, never run: what a command gives, and which commands do not compile.
 */
import { command, type DirHandle, type FileHandle, file, param, type Stage, stage } from "sluice";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(same: Equal<A, B>): void;

const raw = file("raw.csv");
const topN = param(5);

const nothing = command({ raw, topN, text: "x" }, ["tool", "{raw}", "{topN}"]);
same<typeof nothing, Stage<undefined>>(true);
const silent = command({}, ["tool"], {
  stdout: "ignore",
  timeout: "5m",
  retries: 2,
  pool: "gpu",
  maxAge: "1d",
  version: "2",
});
same<typeof silent, Stage<undefined>>(true);
const text = command({}, ["date"], { stdout: "text", check: (text) => text.trim() !== "" });
same<typeof text, Stage<string>>(true);
const json = command({}, ["tool"], { stdout: "json" });
same<typeof json, Stage<unknown>>(true);
const outputs = command({ raw }, ["tool", "{raw}", "{table}", "{pages}"], {
  outputs: { table: "out/table.csv", pages: "out/pages/" },
});
same<typeof outputs, Stage<{ readonly table: FileHandle; readonly pages: DirHandle }>>(true);
const written = command({ raw }, ["sort", "{raw}"], { outputs: { sorted: "out/sorted.csv" }, stdout: "{sorted}" });
same<typeof written, Stage<{ readonly sorted: FileHandle }>>(true);
declare const somewhere: string;
const computed = command({}, ["tool", "{x}"], { outputs: { x: somewhere } });
same<typeof computed, Stage<{ readonly x: FileHandle | DirHandle }>>(true);
const shell = command({ raw }, "sort {raw} | uniq", { shell: true, stdout: "text" });
same<typeof shell, Stage<string>>(true);
command({}, ["tool"], { env: ["TOKEN"] });
command({}, ["tool"], { env: { TOKEN: true, MODE: "fast" }, cwd: "{tmp}" });
command({ raw }, ["tool", "{x}"], { outputs: { x: "x" }, check: ({ x }) => x.size > 0 });

stage({ outputs, text }, async ({ outputs, text }) => outputs.pages.files.length + text.length);

// @ts-expect-error inputs have names
command(raw, ["tool"]);
// @ts-expect-error a text is a command for a shell only if that is said
command({ raw }, "sort {raw}");
// @ts-expect-error arguments are texts
command({ raw }, ["tool", raw]);
// @ts-expect-error there is no such mode
command({}, ["tool"], { stdout: "txet" });
// @ts-expect-error there is no such output
command({}, ["tool", "{a}"], { outputs: { a: "a" }, stdout: "{b}" });
// @ts-expect-error a command has no format
command({}, ["tool"], { format: "json" });
// @ts-expect-error a check gets what the command gives
command({}, ["tool"], { stdout: "text", check: (value: number) => value > 0 });
// @ts-expect-error a variable is a text
command({}, ["tool"], { env: { N: 5 } });
