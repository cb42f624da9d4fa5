import path from "node:path";
import { inspect } from "node:util";
import { dir, env, file, glob, map, type Node, param, stage } from "sluice";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import {
  definition,
  definitionOf,
  type FileSource,
  type NodeDefinition,
  placeOf,
  type StageNode,
} from "../../src/core/node.ts";

const here = import.meta.filename;

/** Calls what the compiler would not let through. */
const untyped = { dir, env, file, glob, map, param, stage } as unknown as Record<
  string,
  (...args: unknown[]) => unknown
>;

function failing(declare: () => unknown) {
  try {
    declare();
  } catch (error) {
    return failureOf(error);
  }
  return undefined;
}

function of(node: Node): NodeDefinition {
  return node[definition];
}

function stageOf(node: Node): StageNode {
  return of(node) as StageNode;
}

describe("sources", () => {
  test("say what was declared", () => {
    expect(of(file("a.csv", { name: "a", description: "first", tags: ["x"] }))).toMatchObject({
      kind: "file",
      path: "a.csv",
      name: "a",
      description: "first",
      tags: ["x"],
    });
    expect(of(glob("*.csv"))).toMatchObject({ kind: "glob", patterns: ["*.csv"], allowEmpty: false, dot: false });
    expect(of(glob(["a/*", "!b"], { allowEmpty: true, dot: true }))).toMatchObject({
      patterns: ["a/*", "!b"],
      allowEmpty: true,
      dot: true,
    });
    expect(of(dir("a"))).toMatchObject({ kind: "dir", path: "a", exclude: [] });
    expect(of(dir("a", { exclude: "*.tmp" }))).toMatchObject({ exclude: ["*.tmp"] });
    expect(of(param(5))).toMatchObject({ kind: "param", fallback: { value: 5 }, secret: false });
    expect(of(param(null))).toMatchObject({ fallback: { value: null } });
    expect(of(param("a", { secret: true }))).toMatchObject({ secret: true });
    expect(of(param())).not.toHaveProperty("fallback");
    expect(of(param<bigint>(undefined, { type: "bigint" }))).toMatchObject({ type: "bigint" });
    expect(of(env("A"))).toMatchObject({ kind: "env", variable: "A" });
    expect(of(env("A"))).not.toHaveProperty("fallback");
    expect(of(env("A", { default: undefined }))).toMatchObject({ fallback: { value: undefined } });
    expect(of(env("A", { default: "" }))).toMatchObject({ fallback: { value: "" } });
  });

  test("know the place and the folder of the module that declares them", () => {
    const node = file("a.csv");
    expect(placeOf(of(node))).toMatchObject({ file: here, line: expect.any(Number), column: expect.any(Number) });
    expect((of(node) as FileSource).base()).toBe(path.dirname(here));
  });

  test("have no name unless it is given", () => {
    expect(of(file("a.csv"))).not.toHaveProperty("name");
    expect(of(file("a.csv", {}))).not.toHaveProperty("name");
  });

  test("show themselves to people", () => {
    expect(inspect(file("a"))).toBe("[file]");
    expect(inspect(stage({}, () => 1, { name: "one" }))).toBe('[stage "one"]');
  });
});

describe("a wrong declaration is said at once, with its place", () => {
  test.each<[string, () => unknown, RegExp, RegExp | undefined]>([
    ["a path of another type", () => untyped.file!(5), /file\(\) needs a path, not 5/, undefined],
    ["an empty path", () => file(""), /needs a path, not ""/, undefined],
    ["a path with a zero byte", () => dir("a\0b"), /dir\(\) needs a path/, undefined],
    [
      "an option that does not exist",
      () => untyped.glob!("*", { allowempty: true }),
      /glob\(\) has no option "allowempty"/,
      /allowEmpty/,
    ],
    [
      "an option of another type",
      () => untyped.glob!("*", { dot: "yes" }),
      /"dot" of glob\(\) must be true or false, not "yes"/,
      undefined,
    ],
    [
      "options that are no object",
      () => untyped.file!("a", "name"),
      /options of file\(\) must be an object/,
      undefined,
    ],
    ["a map over no list", () => untyped.map!(5, () => 1), /map\(\) needs a node or an array .* not 5/, /glob/],
    ["a map without a function", () => untyped.map!([], {}), /map\(\) needs a function, not undefined/, undefined],
    ["a map of a node", () => untyped.map!([], {}, file("a")), /map\(\) needs a function, not a node/, undefined],
    ["inputs that are no object", () => untyped.map!([], 5, () => 1), /an object of named inputs/, undefined],
    ["a shared input in the way", () => untyped.map!([], { items: 1 }, () => 1), /cannot be called "items"/, /another/],
    ["outputs of items", () => untyped.map!([], () => 1, { outputs: { a: "a" } }), /no option "outputs"/, /output/],
    ["no place for items", () => untyped.map!([], () => 1, { jobs: 0 }), /must be a whole number from 1/, undefined],
    ["a list as text", () => untyped.map!([], () => 1, { format: "text" }), /a format that takes a list/, undefined],
    ["only negative patterns", () => glob("!a"), /a pattern that does not start with !/, /\*\*/],
    ["no pattern", () => glob([]), /a pattern that does not/, undefined],
    ["an empty pattern", () => glob(["a", ""]), /glob\(\) needs patterns/, undefined],
    [
      "a default of another type",
      () => untyped.param!("a", { type: "number" }),
      /type "number" cannot be of type string/,
      undefined,
    ],
    [
      "an unknown type",
      () => untyped.param!(1, { type: "int" }),
      /"type" of param\(\) must be one of "string"/,
      undefined,
    ],
    ["a variable without a name", () => env(""), /env\(\) needs the name of a variable/, undefined],
    [
      "a default that is no text",
      () => untyped.env!("A", { default: 1 }),
      /"default" of env\(\) must be a string, not 1/,
      undefined,
    ],
    [
      "an empty name",
      () => file("a", { name: "" }),
      /"name" of file\(\) must be a string that is not empty/,
      undefined,
    ],
    [
      "tags that are no list",
      () => untyped.file!("a", { tags: "x" }),
      /"tags" of file\(\) must be an array of strings/,
      undefined,
    ],
    [
      "inputs that are a node",
      () => untyped.stage!(file("a"), () => 1),
      /an object of named inputs .* not a node/,
      /stage\(\{ name \}/,
    ],
    [
      "inputs that are a stage",
      () =>
        untyped.stage!(
          stage({}, () => 1),
          () => 1,
        ),
      /not a node/,
      undefined,
    ],
    ["no function", () => untyped.stage!({}), /needs a function as its second argument, not undefined/, undefined],
    [
      "a stage for a function",
      () =>
        untyped.stage!(
          {},
          stage({}, () => 1),
        ),
      /second argument, not a node/,
      undefined,
    ],
    [
      "an option of a stage that does not exist",
      () => untyped.stage!({}, () => 1, { timout: 5 }),
      /stage\(\) has no option "timout"/,
      /"timeout"/,
    ],
    [
      "a wrong behaviour",
      () => untyped.stage!({}, () => 1, { cache: true }),
      /must be one of "default", "recompute"/,
      undefined,
    ],
    [
      "a wrong timeout",
      () => untyped.stage!({}, () => 1, { timeout: "soon" }),
      /"timeout" of stage\(\) must be milliseconds/,
      undefined,
    ],
    [
      "no time at all",
      () => untyped.stage!({}, () => 1, { timeout: 0 }),
      /"timeout" of stage\(\) must be milliseconds above 0/,
      undefined,
    ],
    ["half a retry", () => untyped.stage!({}, () => 1, { retries: 1.5 }), /"retries" .* whole number/, undefined],
    [
      "retries with an unknown setting",
      () => untyped.stage!({}, () => 1, { retries: { times: 1, wait: 1 } }),
      /"retries"/,
      undefined,
    ],
    [
      "a factor that shrinks",
      () => untyped.stage!({}, () => 1, { retries: { times: 1, factor: 0.5 } }),
      /factor from 1/,
      undefined,
    ],
    ["a pool without a name", () => untyped.stage!({}, () => 1, { pool: "" }), /"pool"/, undefined],
    [
      "an executor that there is not",
      () => untyped.stage!({}, () => 1, { executor: "cloud" }),
      /"executor".*"thread"/,
      undefined,
    ],
    [
      "a thread with too little memory",
      () => untyped.stage!({}, () => 1, { executor: { kind: "thread", memory: "1MB" } }),
      /"executor".*64 MB/,
      undefined,
    ],
    [
      "memory that is no size",
      () => untyped.stage!({}, () => 1, { executor: { kind: "thread", memory: "512 bananas" } }),
      /"executor"/,
      undefined,
    ],
    [
      "memory without a thread",
      () => untyped.stage!({}, () => 1, { executor: { kind: "inline", memory: "512MB" } }),
      /"executor"/,
      undefined,
    ],
    ["a pool of none", () => untyped.stage!({}, () => 1, { pool: { name: "a", limit: 0 } }), /"pool"/, undefined],
    [
      "a wrong level",
      () => untyped.stage!({}, () => 1, { check: { name: "a", test: () => true, level: "error" } }),
      /"check"/,
      undefined,
    ],
    [
      "two checks of one name",
      () =>
        untyped.stage!({}, () => 1, {
          check: [
            { name: "a", test: Boolean },
            { name: "a", test: Boolean },
          ],
        }),
      /two checks are called "a"/,
      undefined,
    ],
    ["outputs that are a list", () => untyped.stage!({}, () => undefined, { outputs: ["a"] }), /"outputs"/, undefined],
    [
      "an output with a name that is a path",
      () => untyped.stage!({}, () => undefined, { outputs: { "../a": "a" } }),
      /"outputs"/,
      undefined,
    ],
    ["outputs that are none", () => untyped.stage!({}, () => undefined, { outputs: {} }), /names no file/, undefined],
    [
      "output beside outputs",
      () => untyped.stage!({}, () => undefined, { output: "a", outputs: { b: "b" } }),
      /both output and outputs/,
      undefined,
    ],
    [
      "a format beside outputs",
      () => untyped.stage!({}, () => undefined, { format: "csv", outputs: { b: "b" } }),
      /has no format/,
      undefined,
    ],
  ])("%s", (_, declare, message, hint) => {
    const found = failing(declare);
    expect(found?.reason).toBe("invalid-definition");
    expect(found?.message).toMatch(message);
    if (hint) expect(found?.hint).toMatch(hint);
    expect(found?.where).toMatchObject({ file: here });
  });
});

describe("stages", () => {
  test("have defaults", () => {
    const node = stageOf(stage({}, () => 1));
    expect(node).toMatchObject({
      kind: "stage",
      cache: "default",
      format: "auto",
      formatOptions: null,
      retries: { times: 0, delay: 1000, factor: 2, maxDelay: 60_000 },
      checks: [],
    });
    for (const absent of ["name", "output", "outputs", "version", "timeout", "pool", "executor", "maxAge"]) {
      expect(node).not.toHaveProperty(absent);
    }
  });

  test("have what was given", () => {
    const isFine = () => true;
    const node = stage({ a: 1 }, ({ a }) => a, {
      name: "one",
      cache: "ignore",
      format: "json",
      formatOptions: { indent: 2 },
      version: "3",
      timeout: "30s",
      retries: { times: 2, delay: "5s", maxDelay: 7000 },
      pool: "api",
      maxAge: "1d",
      check: [isFine, { name: "small", level: "warn", test: (value) => value < 5 }, (value) => value > 0],
    });
    expect(stageOf(node)).toMatchObject({
      name: "one",
      cache: "ignore",
      format: "json",
      formatOptions: { indent: 2 },
      version: "3",
      timeout: 30_000,
      retries: { times: 2, delay: 5000, factor: 2, maxDelay: 7000 },
      pool: { name: "api" },
      maxAge: 86_400_000,
      checks: [
        { name: "isFine", level: "fail" },
        { name: "small", level: "warn" },
        { name: "check 3", level: "fail" },
      ],
    });
    expect(stageOf(stage({}, () => 1, { retries: 4 })).retries.times).toBe(4);
    expect(stageOf(stage({}, () => 1, { check: () => true })).checks).toMatchObject([{ name: "check 1" }]);
  });

  test("an option that is undefined is not given", () => {
    const node = untyped.stage!({}, () => 1, { name: undefined, output: undefined, timeout: undefined }) as Node;
    for (const absent of ["name", "output", "timeout"]) expect(of(node)).not.toHaveProperty(absent);
  });

  test("place their results relative to the module", () => {
    const folder = path.dirname(here);
    expect(stageOf(stage({}, () => "a", { output: "out/a.txt" })).output).toBe(path.join(folder, "out/a.txt"));
    expect(stageOf(stage({}, () => "a", { output: "/tmp/a.txt" })).output).toBe("/tmp/a.txt");
    const node = stageOf(stage({}, () => undefined, { outputs: { a: "../a", b: "b" } }));
    expect(node.outputs).toEqual({ a: path.join(folder, "../a"), b: path.join(folder, "b") });
  });

  test("read their inputs only when the graph is built", () => {
    let reads = 0;
    const inputs = {
      get later() {
        reads += 1;
        return 1;
      },
    };
    const node = stage(inputs, ({ later }) => later);
    expect(reads).toBe(0);
    expect(stageOf(node).inputs.later).toBe(1);
  });

  test("are functions that are nodes", () => {
    const node = stage({}, () => 1);
    expect(typeof node).toBe("function");
    expect(definitionOf(node)?.kind).toBe("stage");
  });
});
