import { existsSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { type Page, pages, repository } from "./markdown.ts";

interface Source {
  /** Where it would lie: below this folder, so that it sees the package as a user does. */
  readonly file: string;
  /** Page and line, for messages. */
  readonly place: string;
  readonly text: string;
}

/** The TypeScript of a page that is complete: it imports the package, and nothing that the page does not show. */
function complete({ file, blocks }: Page): readonly Source[] {
  const folder = path.join(import.meta.dirname, "blocks", file.replaceAll(/[/.]/g, "-"));
  const sources = blocks
    .filter(({ language }) => language === "ts")
    .map(({ name, line, text }) => ({
      // a page may show one file several times: each is looked at by itself
      file: path.join(folder, String(line), name || "block.mts"),
      place: `${file}:${line}`,
      text,
    }));
  return sources.filter(
    ({ text }) => /from "sluice(?:\/cache|\/dataflow)?"/.test(text) && !/from "\.{1,2}\//.test(text),
  );
}

/** What the compiler says of each source, with this repository's settings. */
function complaints(sources: readonly Source[]): readonly string[] {
  const { config } = ts.readConfigFile(path.join(repository, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
  const host = ts.createCompilerHost(options);
  const texts = new Map(sources.map(({ file, text }) => [file, text]));
  const folders = new Set(sources.flatMap(({ file }) => foldersAbove(file)));
  const { directoryExists, fileExists, readFile } = host;
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.readFile = (file) => texts.get(file) ?? readFile(file);
  host.directoryExists = (folder) => folders.has(folder) || directoryExists!.call(host, folder);
  const program = ts.createProgram([...texts.keys()], options, host);
  return sources.flatMap(({ file, place }) => {
    const parsed = program.getSourceFile(file)!;
    const found = [...program.getSyntacticDiagnostics(parsed), ...program.getSemanticDiagnostics(parsed)];
    return found.map(({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  });
}

function foldersAbove(file: string): readonly string[] {
  const folders: string[] = [];
  for (let at = path.dirname(file); !existsSync(at); at = path.dirname(at)) folders.push(at);
  return folders;
}

describe("TypeScript in the documentation", () => {
  test("compiles as a user would write it", { timeout: 120_000 }, () => {
    const found = pages().flatMap(complete);
    for (const page of ["README.md", "docs/api.md", "docs/concepts.md", "docs/guides/getting-started.md"]) {
      expect(found.map(({ place }) => place)).toContainEqual(expect.stringContaining(`${page}:`));
    }
    const wrong = {
      file: path.join(import.meta.dirname, "blocks", "wrong.mts"),
      place: "wrong",
      text: 'import { file } from "sluice";\nfile(5);',
    };
    expect(complaints([...found, wrong])).toEqual([expect.stringContaining("wrong: Argument of type 'number'")]);
  });
});
