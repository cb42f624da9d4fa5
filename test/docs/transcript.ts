import { spawn } from "node:child_process";
import { cp, mkdir, readFile, realpath, symlink, writeFile } from "node:fs/promises";
import { createRequire, findPackageJSON } from "node:module";
import path from "node:path";
import { rig } from "../rig/rig.ts";
import { cli } from "../rig/tested.ts";
import { type Page, repository } from "./markdown.ts";

/** One command of a page, with what the page says it prints and what it prints. */
export interface Step {
  readonly command: string;
  /** Page and line. */
  readonly place: string;
  readonly said: string;
  readonly printed: string;
}

/**
 * Does what a page tells its reader to, in a folder of its own. Blocks with the name of a file are written there
 * (`ts pipeline.ts`), those of `diff NAME` are applied, and of `console` blocks each line that starts with `$` is run.
 * @param example the folder in examples/ that the page is told over: it is there before anything else
 */
export async function follow(page: Page, example?: string): Promise<readonly Step[]> {
  // The pages are those of a project that has TypeScript.
  const compiler = JSON.stringify(createRequire(import.meta.url).resolve("typescript"));
  await using project = await rig.project({
    "node_modules/typescript/package.json": '{ "name": "typescript", "main": "index.js" }\n',
    "node_modules/typescript/index.js": `module.exports = require(${compiler});\n`,
  });
  const dir = await realpath(project.dir);
  if (example !== undefined) await copyExample(example, dir);
  const steps: Step[] = [];
  for (const { language, name, line, text } of page.blocks) {
    const at = path.join(dir, name);
    if (language === "console") {
      for (const { command, said, offset } of commands(text)) {
        const printed = tidy(await shell(command, dir), dir);
        steps.push({ command, place: `${page.file}:${line + offset}`, said: tidy(said, dir), printed });
      }
    } else if (language === "diff" && name !== "") {
      await writeFile(at, applied(await readFile(at, "utf8"), text, `${page.file}:${line}`));
    } else if (name !== "") {
      await mkdir(path.dirname(at), { recursive: true });
      await writeFile(at, text);
    }
  }
  return steps;
}

/** An example as a user has it, with the data that it needs. */
async function copyExample(example: string, dir: string): Promise<void> {
  const filter = (from: string) => !/[/\\](out|\.sluice|node_modules)$/.test(from);
  await cp(path.join(repository, "examples", example), dir, { recursive: true, filter });
  const dataset = path.dirname(findPackageJSON("vega-datasets", import.meta.url)!);
  await symlink(dataset, path.join(dir, "node_modules/vega-datasets"), "junction");
}

function commands(
  text: string,
): readonly { readonly command: string; readonly said: string; readonly offset: number }[] {
  const found: { command: string; lines: string[]; offset: number }[] = [];
  for (const [offset, line] of text.trimEnd().split("\n").entries()) {
    if (line.startsWith("$ ")) found.push({ command: line.slice(2), lines: [], offset });
    else if (found.length === 0) throw new Error(`output before the first command: ${line}`);
    else found.at(-1)!.lines.push(line);
  }
  return found.map(({ command, lines, offset }) => ({ command, said: lines.join("\n"), offset }));
}

/** A text with a diff applied: the lines with `-` or a space must be there once, next to each other. */
function applied(text: string, diff: string, place: string): string {
  const lines = diff.trimEnd().split("\n");
  const side = (mark: string) =>
    lines
      .filter((line) => line.startsWith(mark) || line.startsWith(" "))
      .map((line) => `${line.slice(1)}\n`)
      .join("");
  const parts = text.split(side("-"));
  if (side("-") === "" || parts.length !== 2)
    throw new Error(`${place}: the lines to replace are ${parts.length - 1} times there`);
  return parts.join(side("+"));
}

/** What a reader sees of a command: both streams, in order. `npx sluice` is what is tested, `node` the one that runs the tests. */
async function shell(command: string, cwd: string): Promise<string> {
  const script = `npx() { shift; "$NODE" "$CLI" "$@"; }\nnode() { "$NODE" "$@"; }\n${command}`;
  const env = { ...process.env, NODE: process.execPath, CLI: cli };
  for (const name of ["NO_COLOR", "FORCE_COLOR", "NODE_OPTIONS", "VITEST", "NODE_ENV"])
    Reflect.deleteProperty(env, name);
  const child = spawn("sh", ["-c", `exec 2>&1\n${script}`], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  return output;
}

/** Leaves out what differs from run to run: times, ids, digests, sizes on the disk, widths of columns. */
function tidy(text: string, dir: string): string {
  return text
    .replaceAll(dir, "/home/me/shop")
    .replaceAll(/\b\d{8}-\d{6}-[a-z\d]{6}\b/g, "RUN")
    .replaceAll(/\b[\da-f]{64}\b/g, "DIGEST")
    .replaceAll(/\b(?=[a-f\d]*\d)[\da-f]{12}\b/g, "DIGEST")
    .replaceAll(/; save[ds] [^\n]*/g, "")
    .replaceAll(/<1 ms|\d+ ms|\d+(?:\.\d)? s\b|\d+ min \d\d s/g, "TIME")
    .replaceAll(/just now|\d+ (?:min|h|d) ago/g, "AGE")
    .replaceAll(/("(?:\w*Ms|\w*At|lastUsed|time)": )[\d.]+/g, "$10")
    .replaceAll(/\d+(?:\.\d)? k?B(?= on disk)/g, "SIZE")
    .split("\n")
    .map((line) => line.replaceAll(/ {2,}/g, " ").trimEnd())
    .join("\n")
    .replaceAll(/(?:^ran .*\n)+/gm, inAnyOrder)
    .trim();
}

/** Stages that do not need each other end in one order or the other. */
function inAnyOrder(lines: string): string {
  return `${lines.trimEnd().split("\n").sort().join("\n")}\n`;
}
