import { describe, expect, test } from "vitest";
import { rig } from "../rig/rig.ts";

const header = 'import { readFileSync } from "node:fs";\nimport { stage } from "sluice";\n';
const config = 'const config = JSON.parse(readFileSync("config.json", "utf8"));\n';

/** What became of each stage. */
function statuses(document: { readonly nodes: Readonly<Record<string, { readonly status: string }>> }) {
  return Object.fromEntries(Object.entries(document.nodes).map(([name, { status }]) => [name, status]));
}

describe("stages that capture values", () => {
  test("run again where their own value is another one, and say so", async () => {
    await using project = await rig.project({
      "config.json": '{ "rates": { "a": 1, "b": 2 } }',
      "pipeline.ts": `${header}${config}export const scaled = Object.fromEntries(
  Object.entries<number>(config.rates).map(([name, rate]) => [name, stage({}, () => 10 * rate)]),
);`,
    });
    const first = await project.sluice("run", "--json");
    expect([first.code, first.stderr]).toEqual([0, expect.not.stringContaining("warning")]);
    expect(statuses(first.json())).toEqual({ "scaled.a": "executed", "scaled.b": "executed" });
    expect(statuses((await project.sluice("run", "--json")).json())).toEqual({ "scaled.a": "hit", "scaled.b": "hit" });
    await project.write("config.json", '{ "rates": { "a": 1, "b": 3 } }');
    const plan = await project.sluice("plan");
    expect(plan.stdout).toContain("captured rate: 2 -> 3 (pipeline.ts:5)");
    const second = await project.sluice("run", "--json");
    expect(statuses(second.json())).toEqual({ "scaled.a": "hit", "scaled.b": "executed" });
    expect(second.json().nodes["scaled.b"].reasons).toEqual([
      expect.objectContaining({ kind: "code", name: "captured rate", before: "2", after: "3" }),
    ]);
    expect((await project.sluice("show", "scaled.b", "--json")).json().value).toBe(30);
    await project.write("config.json", '{ "rates": { "a": 1, "b": 2 } }');
    expect(statuses((await project.sluice("run", "--json")).json())).toEqual({ "scaled.a": "hit", "scaled.b": "hit" });
    expect((await project.sluice("show", "scaled.b", "--json")).json().value).toBe(20);
  });

  test("are known apart whatever the way by which the value came", async () => {
    await using project = await rig.project({
      "pipeline.ts": `${header}const make = (mode: string | undefined) => stage({}, () => mode ?? "none");
export const mode = make(process.env.MODE);`,
    });
    const value = async (env: Record<string, string | undefined>) => {
      const { code, stderr } = await project.sluiceWith({ env }, "run");
      expect([code, stderr]).toEqual([0, expect.not.stringContaining("warning")]);
      return (await project.sluiceWith({ env }, "show", "mode", "--json")).json().value;
    };
    expect(await value({ MODE: "production" })).toBe("production");
    expect(await value({ MODE: "staging" })).toBe("staging");
    expect(await value({ MODE: undefined })).toBe("none");
    expect(await value({ MODE: "production" })).toBe("production");
    const why = await project.sluiceWith({ env: { MODE: "another" } }, "why", "mode");
    expect(why.stdout).toContain("captured mode");
    expect(why.stdout + why.stderr).not.toMatch(/another|staging|production/);
  });

  test("record nothing where another stage changed the value", async () => {
    await using project = await rig.project({
      "pipeline.ts": `${header}const make = () => {
  const seen: number[] = [];
  const first = stage({}, () => seen.push(1));
  const second = stage({ first }, () => seen.length);
  return { first, second };
};
export const { first, second } = make();`,
    });
    const run = await project.sluice("run", "--json");
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('the result of second was not recorded: the captured variable "seen" changed');
    // Where the first one is reused, it changes nothing: what the second would give then is something else.
    expect(statuses((await project.sluice("run", "--json")).json()).second).toBe("executed");
  });

  test("may keep a state of their own, if it begins anew in each process", async () => {
    await using project = await rig.project({
      "pipeline.ts": `${header}const make = (n: number) => {
  const known = new Map<number, number>();
  const fib = (i: number): number => {
    if (i < 2) return i;
    const found = known.get(i) ?? fib(i - 1) + fib(i - 2);
    known.set(i, found);
    return found;
  };
  return stage({}, () => fib(n));
};
const counting = (() => {
  const seen = new Set<number>();
  return stage({}, () => { seen.add(1); return seen.size; });
})();
export const nodes = { fib: make(20), counting };`,
    });
    await project.sluice("run");
    const { code, stderr } = await project.sluice("run");
    expect([code, stderr]).toEqual([0, expect.stringContaining("nothing to do")]);
  });

  test("that assign their variable anew are not recorded", async () => {
    await using project = await rig.project({
      "pipeline.ts": `${header}const make = () => {
  let n = 0;
  return stage({}, () => ++n);
};
export const counted = make();`,
    });
    const { stderr } = await project.sluice("run");
    expect(stderr).toContain('not recorded: the captured variable "n" changed');
    expect(statuses((await project.sluice("run", "--json")).json())).toEqual({ counted: "executed" });
  });

  test("see in one process what the program has changed between two runs", async () => {
    await using project = await rig.project({
      "main.ts": `import { stage } from "sluice";
const options = { rate: 1 };
const make = (given: { rate: number }) => stage({}, () => given.rate, { name: "s" });
const s = make(options);
const values: number[] = [];
for (const rate of [1, 2, 1]) {
  options.rate = rate;
  values.push(await s());
}
console.log(JSON.stringify(values));`,
    });
    const { finished } = rig.startProcess(process.execPath, [`${project.dir}/main.ts`], { cwd: project.dir });
    const { stdout, stderr } = await finished;
    expect([stdout.trim(), stderr]).toEqual(["[1,2,1]", ""]);
  });

  test("that capture what has no version are told by name before anything runs", async () => {
    await using project = await rig.project({
      "pipeline.ts": `${header}class Client { rate = 1; }
class Report {
  rate = 2;
  make() { return stage({}, () => this.rate); }
}
export const fine = stage({}, () => 1);
export const byClient = [new Client()].map((client) => stage({}, () => client.rate));
export const report = new Report().make();
export const readers = [fine].map((other) => stage({}, () => other));`,
    });
    const failure = async (name: string) => {
      const { code, ...finished } = await project.sluice("run", name, "--json");
      expect(code).toBe(2);
      return finished.json().failure;
    };
    expect(await failure("byClient.0")).toMatchObject({
      reason: "captured-variable",
      node: "byClient.0",
      message:
        'the code of "byClient.0" captures "client" from around it: its value cannot be versioned: client is an instance of class Client, which is not registered',
      where: { line: 9 },
    });
    expect((await failure("report")).hint).toContain("copy what is needed of `this`");
    expect((await failure("readers.0")).hint).toBe(
      "a function gets the value of another node as an input: stage({ other }, ({ other }) => ...)",
    );
    expect((await project.sluice("run", "fine")).code).toBe(0);
  });
});

describe("what cannot be seen in the code", () => {
  const pipeline = `import { createRequire } from "node:module";
import { stage } from "sluice";
const require = createRequire(import.meta.url);
export const imports = stage({ name: "./a.mjs" }, async ({ name }) => (await import(name)).a);
export const requires = stage({ name: "./a.cjs" }, ({ name }) => require(name));
const evaluate = (text: string) => eval(text);
export const evals = stage({}, () => evaluate("1"));
export const again = stage({}, () => evaluate("2"));
export const makes = stage({ text: "return 2" }, ({ text }) => new Function(text)());
export const native = stage({}, () => typeof require("./addon.node"));
export const clean = stage({}, () => 1);
`;
  const told = [
    "a native addon counts by its file only",
    "eval() cannot be seen through",
    "import() of a computed name cannot be seen through",
    "new Function() cannot be seen through",
    "require() of a computed name cannot be seen through",
  ];
  const files = {
    "pipeline.ts": pipeline,
    "a.mjs": "export const a = 1;",
    "a.cjs": "module.exports = 1;",
    "addon.node": "no addon",
  };

  for (const command of ["plan", "run"]) {
    test(`is said once by ${command}, and listed in --json`, async () => {
      await using project = await rig.project(files);
      const stages = [
        "imports",
        "requires",
        "evals",
        "again",
        "makes",
        "clean",
        ...(command === "plan" ? ["native"] : []),
      ];
      const wanted = told.slice(command === "plan" ? 0 : 1);
      const { stderr, ...finished } = await project.sluice(command, "--json", ...stages);
      const { warnings } = finished.json();
      expect(warnings.map(({ message }: { message: string }) => message).sort()).toEqual(wanted);
      for (const warning of warnings) {
        expect(warning).toMatchObject({ reason: "undeclared-input", where: { file: "pipeline.ts" } });
        expect(stages).toContain(warning.node);
      }
      for (const text of wanted) expect(stderr.split(text)).toHaveLength(2);
      const clean = await project.sluice(command, "--json", "clean");
      expect([clean.stderr.includes("warning"), clean.json().warnings]).toEqual([false, undefined]);
    });
  }

  test("is part of `why`", async () => {
    await using project = await rig.project(files);
    for (const [node, message] of [
      ["native", told[0]],
      ["evals", told[1]],
      ["imports", told[2]],
      ["makes", told[3]],
      ["requires", told[4]],
    ] as const) {
      expect((await project.sluice("why", node)).stdout).toContain(message);
      expect((await project.sluice("why", node, "--json")).json().warnings).toEqual([
        expect.objectContaining({ reason: "undeclared-input", message }),
      ]);
    }
    expect((await project.sluice("why", "clean", "--json")).json().warnings).toEqual([]);
  });
});
