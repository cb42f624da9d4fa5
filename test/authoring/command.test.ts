// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell commands have them
import path from "node:path";
import { command, env, file, stage } from "sluice";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import { definition, type Node, type StageNode } from "../../src/core/node.ts";

const of = (node: Node): StageNode => node[definition] as StageNode;
const raw = file("raw.csv");
const wrong = command as (...args: unknown[]) => unknown;

describe("a command", () => {
  test("is a node of its own kind, with what a stage has", () => {
    const node = of(command({ raw }, ["sort", "{raw}"], { timeout: "1s", pool: "x", tags: ["a"], name: "sorted" }));
    expect(node).toMatchObject({
      kind: "command",
      name: "sorted",
      timeout: 1000,
      pool: { name: "x" },
      cache: "default",
    });
    expect(node.command).toMatchObject({ shell: false, stdout: "log", written: ["sort", "{raw}"], passed: [] });
  });

  test("runs in the folder of its module", () => {
    expect(of(command({}, ["x"])).command!.folder()).toBe(import.meta.dirname);
    expect(of(command({}, ["x"], { cwd: "a/b" })).command!.folder()).toBe(path.join(import.meta.dirname, "a/b"));
    expect(of(command({}, ["x"], { cwd: "{tmp}" })).command!.folder()).toBeUndefined();
  });

  test("places its outputs beside its module, folders and files", () => {
    const node = of(command({}, ["x", "{a}", "{b}"], { outputs: { a: "out/a", b: "out/b/" } }));
    expect(node.outputs).toEqual({
      a: path.join(import.meta.dirname, "out/a"),
      b: path.join(import.meta.dirname, "out/b"),
    });
    expect([...node.command!.folders]).toEqual(["b"]);
  });

  test("reads the variables that it passes, and asks for no input before it must", () => {
    let asked = 0;
    const inputs = {
      get later() {
        asked += 1;
        return stage({}, () => 1);
      },
    };
    const node = of(command(inputs, ["x", "{later}"], { env: ["TOKEN", "TOKEN"] }));
    expect(asked).toBe(0);
    expect(Object.keys(node.inputs)).toEqual(["later", "$TOKEN"]);
    expect((node.inputs.$TOKEN as Node)[definition]).toMatchObject({ kind: "env", variable: "TOKEN" });
  });
});

describe("a wrong command is said at once, with its place", () => {
  const out = { outputs: { table: "out/table.csv" } };
  test.for<[what: string, args: unknown[], message: RegExp, hint?: RegExp]>([
    [
      "a place that is nothing",
      [{ raw }, ["x", "{rwa}"]],
      /\{rwa\} is neither an input nor an output/,
      /did you mean \{raw\}/,
    ],
    [
      "a place without a near name",
      [{ raw }, ["x", "{something}"]],
      /\{something\}/,
      /there is \{raw\}; \{\{something\}\}/,
    ],
    ["a place without any name", [{}, ["x", "{something}"]], /\{something\}/, /no inputs and no outputs/],
    ["a place in a variable", [{ raw }, ["x"], { env: { A: "{rwa}" } }], /\{rwa\}/, /\{raw\}/],
    ["an output of an output", [{}, ["x", "{table.x}", "{table}"], out], /\{table\.x\}/],
    ["a single brace", [{ raw }, ["awk", "{print}{", "{raw}"]], /\{print\}|single/],
    ["text in braces", [{ raw }, ["awk", "{print $1}", "{raw}"]], /a single \{ in "\{print \$1\}"/, /\{\{ and \}\}/],
    ["no inputs", [raw, ["x"]], /object of named inputs .* not a node/, /command\(\{ name \}/],
    ["no program", [{}, []], /a program with its arguments/],
    ["an empty program", [{}, [""]], /name of a program/],
    ["an argument that is no text", [{}, ["x", 5]], /list of texts/],
    ["a zero byte", [{}, ["x", "a\0"]], /zero byte/],
    ["a text without a shell", [{}, "sort x"], /list of arguments, not "sort x"/, /shell: true/],
    ["a list for a shell", [{}, ["a", "b"], { shell: true }], /as one text/],
    ["an empty text for a shell", [{}, " ", { shell: true }], /as one text/],
    ["a value after a $", [{ raw }, "sort ${raw}", { shell: true }], /right after a \$/, /leave the \$ out/],
    ["an output that nobody writes", [{}, ["x"], out], /not told where to write its output "table"/, /\{table\}/],
    ["both outputs and a text", [{}, ["x", "{table}"], { ...out, stdout: "text" }], /either its outputs or its stdout/],
    ["an unknown mode", [{}, ["x"], { stdout: "josn" }], /not "josn"/, /"json"/],
    ["an output that is none", [{ raw }, ["x"], { stdout: "{raw}" }], /an output as \{name\}, not "\{raw\}"/],
    ["stdout to a folder", [{}, ["x"], { outputs: { a: "a/" }, stdout: "{a}" }], /cannot be written to the folder/],
    ["a standard input that is no input", [{ raw }, ["x"], { stdin: "{rwa}" }], /\{rwa\} is neither/, /\{raw\}/],
    [
      "a standard input that is an output",
      [{ raw }, ["x", "{table}"], { ...out, stdin: "{table}" }],
      /an input as \{name\}/,
    ],
    ["a standard input that is a path", [{ raw }, ["x"], { stdin: "raw" }], /not "raw"/, /"\{raw\}"/],
    ["one name for two things", [{ raw }, ["x", "{raw}"], { outputs: { raw: "x" } }], /both an input and an output/],
    ["an input that looks like a variable", [{ $A: raw }, ["x"]], /cannot begin with \$/],
    ["a variable that is no name", [{}, ["x"], { env: ["A=B"] }], /"env" of command\(\) must be/],
    ["a variable that is a node", [{}, ["x"], { env: { A: env("A") } }], /"env" of command\(\) must be/],
    ["an option of a stage", [{}, ["x"], { format: "json" }], /no option "format"/],
    ["no outputs", [{}, ["x"], { outputs: {} }], /"outputs" of command\(\) names no file/],
    ["an unknown option", [{}, ["x"], { stdot: "text" }], /no option "stdot"/, /"stdout"/],
  ])("%s", ([, args, message, hint]) => {
    let thrown: unknown;
    try {
      wrong(...args);
    } catch (error) {
      thrown = error;
    }
    const failure = failureOf(thrown, "invalid-definition");
    expect(failure?.message).toMatch(message);
    if (hint) expect(failure?.hint).toMatch(hint);
    expect(failure?.where?.file).toBe(import.meta.filename);
  });
});
