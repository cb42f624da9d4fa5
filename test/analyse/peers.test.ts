import { describe, expect, test } from "vitest";
import { rig } from "../rig/rig.ts";

/*
 * Edits after which other tools of this kind serve a result that is stale, each named for the fault. Here the command line
 * runs a pipeline, the edit is made, and the next run must give what a clean run gives, and run nothing else.
 */

interface Case {
  readonly fault: string;
  readonly files: Readonly<Record<string, string>>;
  readonly edit: readonly [file: string, from: string, to: string];
  /** What `out.txt` holds before and after. */
  readonly gives: readonly [before: string, after: string];
}

const pipeline = (before: string, fn: string): string =>
  `import { stage } from "sluice";\n${before}\nexport const result = stage({}, ${fn}, { output: "out.txt" });\nexport const other = stage({}, () => 1);\n`;

const p = "pipeline.ts";

const hamilton: readonly Case[] = [
  {
    fault: "a helper function",
    files: { [p]: pipeline("const help = (n: number) => n + 1;", "() => String(help(1))") },
    edit: [p, "n + 1", "n + 2"],
    gives: ["2", "3"],
  },
  {
    fault: "a helper function three modules away",
    files: {
      [p]: pipeline('import { one } from "./one.ts";', "() => String(one(1))"),
      "one.ts": 'import { two } from "./two.ts";\nexport const one = (n: number) => two(n);',
      "two.ts": 'export { three as two } from "./three.ts";',
      "three.ts": "export function three(n: number) { return n + 1; }\nexport function unrelated() { return 1; }",
    },
    edit: ["three.ts", "n + 1", "n + 2"],
    gives: ["2", "3"],
  },
  {
    fault: "a constant of the module",
    files: { [p]: pipeline("const RATE = 3;", "() => String(RATE)") },
    edit: [p, "RATE = 3", "RATE = 4"],
    gives: ["3", "4"],
  },
  {
    fault: "parameterised stages whose parameters are edited",
    files: {
      [p]: `import { stage } from "sluice";\nconst P = { low: 1, high: 9 };\nconst make = (n: number) => stage({}, () => \`\${n}\`, { output: "out.txt" });\nexport const result = make(P.high);\nexport const other = stage({}, () => 1);\n`,
    },
    edit: [p, "high: 9", "high: 8"],
    gives: ["9", "8"],
  },
  {
    fault: "a step of a pipe",
    files: {
      [p]: pipeline(
        "const add = (n: number) => n + 1;\nconst twice = (n: number) => n * 2;\nconst pipe = (...steps: ((n: number) => number)[]) => () => String(steps.reduce((n, step) => step(n), 1));",
        "pipe(add, twice)",
      ),
    },
    edit: [p, "n * 2", "n * 3"],
    gives: ["4", "6"],
  },
  {
    fault: "a helper of a step of a pipe",
    files: {
      [p]: pipeline(
        'import { round } from "./round.ts";\nconst add = (n: number) => round(n + 1);\nconst pipe = (...steps: ((n: number) => number)[]) => () => String(steps.reduce((n, step) => step(n), 1));',
        "pipe(add)",
      ),
      "round.ts": "export const round = (n: number) => n;",
    },
    edit: ["round.ts", "=> n", "=> n * 10"],
    gives: ["2", "20"],
  },
  {
    fault: "a function that does the work of another",
    files: {
      [p]: pipeline(
        "const sum = (...n: number[]) => n.reduce((a, b) => a + b);\nconst does = (f: any) => () => String(f(2, 3));",
        "does(sum)",
      ),
    },
    edit: [p, "a + b", "a * b"],
    gives: ["5", "6"],
  },
  {
    fault: "the value of a closure",
    files: {
      [p]: pipeline(
        "function counter(from: number) { const start = from * 10; return () => String(start); }",
        "counter(1)",
      ),
    },
    edit: [p, "counter(1)", "counter(2)"],
    gives: ["10", "20"],
  },
  {
    fault: "the order of the keys of a result",
    files: { [p]: pipeline("const row = { a: 1, b: 2 };", "() => JSON.stringify(row)") },
    edit: [p, "a: 1, b: 2", "b: 2, a: 1"],
    gives: ['{"a":1,"b":2}', '{"b":2,"a":1}'],
  },
];

const lwdp: readonly Case[] = [
  {
    fault: "a blank in a text",
    files: { [p]: pipeline("", '() => "a b"') },
    edit: [p, '"a b"', '"ab"'],
    gives: ["a b", "ab"],
  },
  {
    fault: "indentation that is part of a text",
    files: { [p]: pipeline("", "() => `a\n  b`") },
    edit: [p, "a\n  b", "a\n    b"],
    gives: ["a\n  b", "a\n    b"],
  },
  {
    fault: "where a block ends",
    files: { [p]: pipeline("", "() => { let n = 1; if (n > 1) { n = 5; } n += 1; return String(n); }") },
    edit: [p, "n = 5; } n += 1;", "n = 5; n += 1; }"],
    gives: ["2", "1"],
  },
  {
    fault: "code between two texts that look like docstrings",
    files: {
      [p]: pipeline("", '() => { """one"""; const n = 1; """two"""; return String(n); }'.replaceAll('"""', '"')),
    },
    edit: [p, "n = 1", "n = 2"],
    gives: ["1", "2"],
  },
  {
    fault: "a global that a stage reads",
    files: { [p]: pipeline("let total = 1;\nfor (const n of [1, 2]) total += n;", "() => String(total)") },
    edit: [p, "[1, 2]", "[1, 3]"],
    gives: ["4", "5"],
  },
  {
    fault: "an import that leads elsewhere",
    files: {
      [p]: pipeline('import { n } from "./one.ts";', "() => String(n)"),
      "one.ts": "export const n = 1;",
      "two.ts": "export const n = 2;",
    },
    edit: [p, "./one.ts", "./two.ts"],
    gives: ["1", "2"],
  },
  {
    fault: "the version of a library",
    files: {
      [p]: pipeline('import { n } from "lib";', "() => String(n())"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0","type":"module","exports":"./v1.js"}',
      "node_modules/lib/v1.js": "export const n = () => 1;",
      "node_modules/lib/v2.js": "export const n = () => 2;",
    },
    edit: [
      "node_modules/lib/package.json",
      '"1.0.0","type":"module","exports":"./v1.js"',
      '"2.0.0","type":"module","exports":"./v2.js"',
    ],
    gives: ["1", "2"],
  },
  {
    fault: "a file that keeps its size",
    files: {
      [p]: `import { file, stage } from "sluice";\nexport const data = file("data.txt");\nexport const result = stage({ data }, ({ data }) => data.text(), { output: "out.txt" });\nexport const other = stage({}, () => 1);\n`,
      "data.txt": "one",
    },
    edit: ["data.txt", "one", "two"],
    gives: ["one", "two"],
  },
];

const fastFlowTransform: readonly Case[] = [
  {
    fault: "a helper of a model in another file",
    files: {
      [p]: pipeline('import * as helpers from "./helpers.ts";', "() => String(helpers.clean(1))"),
      "helpers.ts": "const factor = 2;\nexport const clean = (n: number) => n * factor;\nexport const dirty = () => 0;",
    },
    edit: ["helpers.ts", "factor = 2", "factor = 3"],
    gives: ["2", "3"],
  },
  {
    fault: "a constant in a configuration",
    files: {
      [p]: pipeline('import config from "./config.json" with { type: "json" };', "() => String(config.rate)"),
      "config.json": '{ "rate": 1 }',
    },
    edit: ["config.json", "1", "2"],
    gives: ["1", "2"],
  },
  {
    fault: "a macro that is made from a template",
    files: {
      [p]: pipeline('const quote = (s: TemplateStringsArray) => s[0] + "!";', "() => quote`n=1`"),
    },
    edit: [p, '"!"', '"?"'],
    gives: ["n=1!", "n=1?"],
  },
  {
    fault: "seed data",
    files: {
      [p]: `import { file, stage } from "sluice";\nexport const seed = file("seed.csv");\nconst rows = stage({ seed }, async ({ seed }) => (await seed.text()).trim().split("\\n"));\nexport const result = stage({ rows }, ({ rows }) => \`\${rows.length}\`, { output: "out.txt" });\nexport const other = stage({}, () => 1);\nexport { rows };\n`,
      "seed.csv": "a\nb\n",
    },
    edit: ["seed.csv", "a\nb\n", "a\nb\nc\n"],
    gives: ["2", "3"],
  },
];

for (const [peer, cases] of Object.entries({ hamilton, lwdp, fastflowtransform: fastFlowTransform })) {
  describe(`stale in ${peer}, right here`, () => {
    test.each(cases.map((each) => [each.fault, each] as const))("%s", async (_, { files, edit, gives }) => {
      await using project = await rig.project(files);
      const statusOf = async (): Promise<Record<string, string>> => {
        const run = await project.sluice("run", "--json");
        expect(run.code, run.stderr).toBe(0);
        const { nodes } = run.json() as { readonly nodes: Record<string, { readonly status: string }> };
        return { result: nodes.result!.status, other: nodes.other!.status };
      };
      expect(await statusOf()).toEqual({ result: "executed", other: "executed" });
      expect(await project.read("out.txt")).toBe(gives[0]);
      const [file, from, to] = edit;
      const before = files[file]!;
      expect(before).toContain(from);
      await project.write(
        file,
        before.replace(from, () => to),
      );
      expect(await statusOf()).toEqual({ result: "executed", other: "hit" });
      expect(await project.read("out.txt")).toBe(gives[1]);
      // Back again: the first result is still there.
      await project.write(file, before);
      expect(await statusOf()).toEqual({ result: "hit", other: "hit" });
      expect(await project.read("out.txt")).toBe(gives[0]);
    });
  });
}
