import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fail, fromSystemError } from "../core/failure.ts";
import { shortPath } from "../report/place.ts";
import { sanitize } from "../text/sanitize.ts";
import { defineCommand } from "./command.ts";
import { printLines } from "./print.ts";
import { starter } from "./starter.ts";

/** `sluice init`. */
export const init = defineCommand({
  name: "init",
  summary: "write a small pipeline that works, to start from",
  arguments: [{ name: "[DIR]", help: "where (default: here); made if it is missing" }],
  options: { "dry-run": { type: "boolean", short: "n", help: "only say what would be written" } },
  details: ["Nothing that is there is ever overwritten."],
  async run({ args: [dir = "."], options, terminal }) {
    const { cwd, out } = terminal;
    const folder = path.resolve(cwd, dir);
    const files = Object.entries(starter).map(([name, content]) => ({ file: path.join(folder, name), content }));
    const there = [...files.map(({ file }) => file), path.join(folder, "sluice.config.ts")].find((file) =>
      existsSync(file),
    );
    if (there !== undefined) {
      fail("usage", "there is a file already where the starter would write", {
        where: { file: there },
        hint: "choose another folder: sluice init DIR",
      });
    }
    for (const { file, content } of files) if (!options["dry-run"]) await write(file, content);
    const verb = options["dry-run"] ? "would write" : "wrote";
    printLines(out, [
      ...files.map(({ file }) => `${verb} ${sanitize(shortPath(file, cwd))}`),
      "",
      "next:",
      ...(folder === cwd ? [] : [`  cd ${sanitize(shortPath(folder, cwd))}`]),
      ...(isInstalled(folder) ? [] : ["  npm install sluice"]),
      "  npx sluice run            runs everything",
      "  npx sluice run            runs nothing: all is cached",
      "  npx sluice run --set topN=5",
      "  npx sluice why report     says what a run would do with a stage, and why",
    ]);
    return 0;
  },
});

async function write(file: string, content: string): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    // `wx` fails where there is a file, whatever has happened since we looked
    await writeFile(file, content, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      fail("usage", "there is a file already where the starter would write", { where: { file } });
    }
    throw fromSystemError(error, "writing the starter", file);
  }
}

/** Whether `import ... from "sluice"` finds a package from here. */
function isInstalled(folder: string): boolean {
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, "node_modules", "sluice", "package.json"))) return true;
    if (path.dirname(at) === at) return false;
  }
}
