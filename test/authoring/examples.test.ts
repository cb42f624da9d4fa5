import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const repository = path.resolve(import.meta.dirname, "../..");

interface Example {
  /** Where it would lie: beside this test, so that it sees the package as a user does. */
  readonly file: string;
  readonly source: string;
  readonly text: string;
}

/** Every example in a docstring that imports the package. */
function examples(): readonly Example[] {
  return globSync("src/**/*.ts", { cwd: repository })
    .sort()
    .flatMap((source) => {
      const text = readFileSync(path.join(repository, source), "utf8");
      const blocks = [...text.matchAll(/^ *\* ```ts\n(.*?)^ *\* ```$/gms)].map(([, block]) => block!);
      return blocks
        .map((block) => block.replaceAll(/^ *\* ?/gm, "").replaceAll("*\\/", "*/"))
        .filter((block) => /from "sluice"/.test(block))
        .map((block, i) => ({
          file: path.join(import.meta.dirname, `${source.replaceAll("/", "-")}-${i}.mts`),
          source,
          text: block,
        }));
    });
}

/** What the compiler says of each file, with this repository's settings. */
function complaints(files: readonly Example[]): readonly string[] {
  const { config } = ts.readConfigFile(path.join(repository, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
  const host = ts.createCompilerHost(options);
  const texts = new Map(files.map(({ file, text }) => [file, text]));
  const { readFile, fileExists } = host;
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.readFile = (file) => texts.get(file) ?? readFile(file);
  const program = ts.createProgram([...texts.keys()], options, host);
  return files.flatMap(({ file, source }) => {
    const parsed = program.getSourceFile(file)!;
    const found = [...program.getSyntacticDiagnostics(parsed), ...program.getSemanticDiagnostics(parsed)];
    return found.map(({ messageText }) => `${source}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  });
}

describe("examples in docstrings", () => {
  test("compile as a user would write them", { timeout: 120_000 }, () => {
    const found = examples();
    expect(new Set(found.map(({ source }) => source))).toContain("src/authoring/stage.ts");
    const wrong = {
      file: path.join(import.meta.dirname, "wrong.mts"),
      source: "wrong",
      text: 'import { file } from "sluice";\nfile(5);',
    };
    expect(complaints([...found, wrong])).toEqual([expect.stringContaining("wrong: Argument of type 'number'")]);
  });
});
