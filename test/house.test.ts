import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";

const src = path.resolve(import.meta.dirname, "../src");

/** What a room may import, itself apart. Imports go down only; rooms side by side do not know each other. */
const below = ["core", "platform"];
const joined = [...below, "analyse", "store", "metadata", "engines", "http", "run"];
const shown = [...joined, "text", "picture"];
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  platform: ["core"],
  analyse: below,
  store: below,
  metadata: below,
  engines: below,
  http: below,
  run: joined,
  text: ["core"],
  picture: [...joined, "text"],
  authoring: shown,
  cache: shown,
  report: shown,
  server: [...shown, "authoring", "cache", "report"],
  commands: [...shown, "authoring", "cache", "report"],
  "cli.ts": [...shown, "authoring", "cache", "report", "server", "commands"],
  "index.ts": [...shown, "authoring", "cache", "report"],
};

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replaceAll(path.sep, "/"));

/** Every specifier of a module: static, type-only, re-exported and dynamic. */
function specifiers(file: string): string[] {
  const text = readFileSync(path.join(src, file), "utf8");
  const { module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const dynamic = module.dynamicImports.map(({ moduleRequest }) =>
    text.slice(moduleRequest.start, moduleRequest.end).replaceAll(/^["'`]|["'`]$/g, ""),
  );
  const exported = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
  );
  return [...module.staticImports.map((item) => item.moduleRequest.value), ...exported, ...dynamic];
}

function roomOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : file;
}

describe("the house", () => {
  test("has files", () => expect(files.length).toBeGreaterThan(50));

  test.each(files)("%s imports only what is below it", (file) => {
    const room = roomOf(file);
    expect(Object.keys(allowed)).toContain(room);
    const wrong = specifiers(file)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => roomOf(path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier))))
      .filter((target) => target !== room && !allowed[room]!.includes(target));
    expect(wrong).toEqual([]);
  });

  test("core does no I/O and has no clock", () => {
    const impure = files
      .filter((file) => roomOf(file) === "core")
      .filter((file) => {
        const text = readFileSync(path.join(src, file), "utf8");
        const io = specifiers(file).some((specifier) => /^node:(fs|child_process|net|http|os|worker)/.test(specifier));
        return io || /\bDate\.now\(|\bnew Date\(\)|performance\.now\(|Math\.random\(|process\.env/.test(text);
      });
    expect(impure).toEqual([]);
  });

  test("no file is longer than 400 lines", () => {
    const long = files.filter((file) => readFileSync(path.join(src, file), "utf8").split("\n").length > 401);
    expect(long).toEqual([]);
  });
});
