import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { commonOptions } from "../../src/commands/options.ts";
import { formatNames } from "../../src/store/formats.ts";
import { everyCommand } from "../rig/commands.ts";
import { page, repository, section } from "./markdown.ts";

/** The words of a union of string literals in a file of src/. */
function words(file: string, type: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(path.join(repository, file), "utf8"), ts.ScriptTarget.Latest);
  const found = source.statements.find(
    (statement) => ts.isTypeAliasDeclaration(statement) && statement.name.text === type,
  );
  if (!found || !ts.isTypeAliasDeclaration(found) || !ts.isUnionTypeNode(found.type))
    throw new Error(`no union ${type}`);
  return found.type.types.flatMap((member) =>
    ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal) ? [member.literal.text] : [],
  );
}

/** The names that a module exports, types included. */
function exported(file: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(path.join(repository, file), "utf8"), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) throw new Error(`${file} does more than to export`);
    const clause = statement.exportClause;
    if (!clause || !ts.isNamedExports(clause)) throw new Error(`${file} exports without names`);
    return clause.elements.map(({ name }) => name.text);
  });
}

/** The options of a node or a call in src/authoring: the properties of an interface. */
function properties(file: string, type: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(path.join(repository, file), "utf8"), ts.ScriptTarget.Latest);
  const found = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === type,
  );
  if (!found || !ts.isInterfaceDeclaration(found)) throw new Error(`no interface ${type}`);
  return found.members.flatMap(({ name }) => (name && ts.isIdentifier(name) ? [name.text] : []));
}

describe("docs/cli.md", () => {
  const cli = page("docs/cli.md");

  test("has every command with its arguments and options", async () => {
    for (const [name, command] of await everyCommand()) {
      const text = section(cli, `${name.includes(" ") ? "###" : "##"} sluice ${name}`);
      expect(text, `a section for ${name}`).toBeDefined();
      for (const option of Object.entries(command.options)) {
        const [long, { short }] = option;
        expect(text, `${name} --${long}`).toContain(`\`${short ? `-${short}, ` : ""}--${long}`);
      }
      for (const argument of command.arguments) {
        for (const word of argument.choices ?? []) expect(text, `${name} ${word}`).toContain(`\`${word}\``);
        if (!argument.choices) expect(text, `${name} ${argument.name}`).toContain(argument.name);
      }
    }
    for (const name of Object.keys(commonOptions)) expect(cli.text).toContain(`--${name}`);
    expect(cli.text).toContain("--version");
  });

  test("claims no option that does not exist", async () => {
    const commands = await everyCommand();
    const known = new Set([
      ...[...commands.values()].flatMap(({ options }) => Object.keys(options)),
      ...Object.keys(commonOptions),
      "version",
    ]);
    const text = cli.text.replaceAll(/NODE_OPTIONS="[^"]*"/g, "");
    const claimed = new Set([...text.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)].map(([, name]) => name!));
    expect([...claimed].filter((name) => !known.has(name))).toEqual([]);
  });

  test("has every kind of reason and every status", () => {
    const reasons = section(cli, "## Reasons")!;
    for (const kind of words("src/core/event.ts", "ReasonKind")) expect(reasons).toContain(`\`${kind}\``);
    for (const type of ["NodeStatus", "RunStatus"]) {
      for (const status of words("src/core/event.ts", type)) expect(cli.text).toContain(`\`${status}\``);
    }
    for (const status of words("src/run/plan.ts", "PlannedStatus")) expect(cli.text).toContain(`\`${status}\``);
  });
});

describe("docs/guides/troubleshooting.md", () => {
  const troubleshooting = page("docs/guides/troubleshooting.md");
  const reasons = words("src/core/failure.ts", "Reason");

  test("has every reason, and no other", () => {
    const headings = [...troubleshooting.prose.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading!);
    expect(headings.toSorted()).toEqual(reasons.toSorted());
  });
});

describe("docs/api.md", () => {
  const api = page("docs/api.md");

  test("has every export", () => {
    const missing = exported("src/index.ts").filter((name) => !new RegExp(`\`${name}[\`<(]`).test(api.text));
    expect(missing).toEqual([]);
  });

  test("has every export of sluice/dataflow, and every option of its cache", () => {
    const text = section(api, "## `sluice/dataflow`")!;
    const options = properties("src/authoring/dataflow/caching/cache-options.ts", "CacheOptions");
    const names = [...exported("src/authoring/dataflow/index.ts"), ...options];
    // what `sluice` gives as well is told of there
    const shared = new Set(exported("src/index.ts"));
    const missing = names.filter((name) => !shared.has(name) && !new RegExp(`\\b${name}\\b`).test(text));
    expect(missing).toEqual([]);
  });

  test("has every export of sluice/cache, and every method and option", () => {
    const text = section(api, "## `sluice/cache`")!;
    const missing = exported("src/cache/index.ts").filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    expect(missing).toEqual([]);
    const types = [
      ["cache.ts", "Cache"],
      ["cache.ts", "CacheEntry"],
      ["cache.ts", "MemoOptions"],
      ["cache.ts", "PruneOptions"],
      ["hooks.ts", "CacheHooks"],
      ["key.ts", "CacheKey"],
      ["key.ts", "KeyBuilder"],
      ["open-cache.ts", "CacheOptions"],
      ["pieces.ts", "Pieces"],
      ["pieces.ts", "Writer"],
      ["result.ts", "Result"],
      ["wrap.ts", "ProduceContext"],
      ["wrap.ts", "WrapOptions"],
    ] as const;
    for (const [file, type] of types) {
      const names = properties(`src/cache/${file}`, type).filter((name) => name !== "toString" && name !== "toJSON");
      for (const name of names) expect(text, `${type}.${name}`).toMatch(new RegExp(`[\`(, {]${name}\\b`));
    }
  });

  test("has every option of every function", () => {
    const tables = [
      ["## `glob`", "src/authoring/glob.ts", "GlobOptions"],
      ["## `dir`", "src/authoring/dir.ts", "DirOptions"],
      ["## `param`", "src/authoring/param.ts", "ParamOptions"],
      ["## `env`", "src/authoring/env.ts", "EnvOptions"],
      ["## `stage`", "src/authoring/stage-types.ts", "StageOptions"],
      ["## `command`", "src/authoring/command-types.ts", "CommandOptions"],
      ["### The context", "src/core/node.ts", "StageContext"],
      ["### Handles", "src/platform/file-handle.ts", "FileHandle"],
      ["### Handles", "src/platform/dir-handle.ts", "DirHandle"],
      ["## `open`", "src/authoring/open.ts", "OpenOptions"],
      ["## `open`", "src/authoring/project.ts", "PlanSettings"],
      ["## `open`", "src/authoring/project.ts", "RunOptions"],
      ["## `open`", "src/authoring/project.ts", "Project"],
      ["# API", "src/authoring/declaration.ts", "NodeOptions"],
      ["## `SluiceError`", "src/core/failure.ts", "Failure"],
    ] as const;
    for (const [heading, file, type] of tables) {
      const text = section(api, heading);
      expect(text, heading).toBeDefined();
      for (const name of properties(file, type)) expect(text, `${type}.${name}`).toMatch(new RegExp(`\`${name}\\b`));
    }
  });

  test("has every format", () => {
    const formats = section(api, "### Formats")!;
    for (const name of formatNames()) expect(formats).toContain(`\`"${name}"\``);
  });

  test("has every event", () => {
    const types = [
      ...readFileSync(path.join(repository, "src/core/event.ts"), "utf8").matchAll(/readonly type: "([\w-]+)"/g),
    ];
    expect(types.length).toBeGreaterThan(5);
    for (const [, type] of types) expect(api.text).toContain(`\`${type}\``);
  });
});

describe("docs/design/dependencies.md", () => {
  const dependencies = page("docs/design/dependencies.md");
  const manifest = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8"));

  /** The packages in the first column of the tables beneath a heading. */
  function listed(heading: string): readonly string[] {
    return [...section(dependencies, heading)!.matchAll(/^\| ((?:`[^`]+`(?:, )?)+) \|/gm)].flatMap(([, names]) =>
      names!.split(", ").map((name) => name.replaceAll("`", "")),
    );
  }

  test("has every dependency, and no other", () => {
    expect(listed("## At run time").toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted());
    expect(listed("## For development").toSorted()).toEqual(Object.keys(manifest.devDependencies).toSorted());
  });
});
