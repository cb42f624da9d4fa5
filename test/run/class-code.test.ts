import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunReason } from "../../src/core/event.ts";
import { FlowProject } from "../authoring/dataflow/rig.ts";

// An instance brings its methods with it: who gets one runs code that it names nowhere.

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

function money(text: string, decode = "new Money(cents)"): string {
  return `
    import { registerClass } from "sluice";
    export class Money {
      cents;
      constructor(cents: number) { this.cents = cents; }
      text() { return ${text}; }
    }
    registerClass({ name: "Money", type: Money, encode: ({ cents }: Money) => cents, decode: (cents: number) => ${decode} });
  `;
}

const run = `
  import { Driver } from "sluice/dataflow";
  import * as m from "./m.ts";
  import { Money } from "./money.ts";
  await using driver = Driver.builder().withModules(m).withCache().build();
  const { price } = await driver.execute(["price"], { inputs: { given: [new Money(2)] } });
  const { codeVersions } = driver.cache!;
  await driver.execute(["size"]);
  console.log(JSON.stringify([price, codeVersions.price, driver.cache!.codeVersions.size]));
`;

test.each([
  [
    "what another stage gave",
    "export const made = () => new Money(1); export const price = (made: Money) => made.text();",
  ],
  [
    "what came through another one",
    `export const made = () => ({ all: new Map([[1, new Money(1)]]) });
     export const through = (made: object) => made;
     export const price = (through: { all: Map<number, Money> }) => through.all.get(1)!.text();`,
  ],
  ["an input", "export const price = (given: Money[]) => given[0]!.text();"],
  [
    "a plain value",
    `import { inject, value } from "sluice/dataflow";
     export const price = inject({ it: value([new Money(1)]) }, (it: Money[]) => it[0]!.text());`,
  ],
  ["a captured variable", "export const [price] = [new Money(1)].map((it) => () => it.text());"],
  [
    "what a thread is given",
    `import { cached } from "sluice/dataflow";
     export const made = () => new Money(1);
     export const price = cached({ executor: "thread" }, (made: Money) => made.text());`,
  ],
])("the methods of a registered class count for %s", async (_, text) => {
  const head = 'import { Money } from "./money.ts";\n';
  const whole = text.includes("given") ? text : `${text}\nexport const also = (given: Money[]) => given;`;
  project.write("m.ts", `${head}${whole}\nexport const size = () => 1;`);
  project.write("run.ts", run);
  project.write("money.ts", money('"$" + this.cents'));
  const [first, version, size] = await project.run("run.ts");
  expect(await project.run("run.ts")).toEqual([first, version, size]);
  project.write("money.ts", money('"EUR " + this.cents'));
  const [edited, otherVersion, sameSize] = await project.run("run.ts");
  expect(edited).toBe(first.replace("$", "EUR "));
  expect(otherVersion).not.toBe(version);
  expect(sameSize).toBe(size);
});

test("how an instance is put together again counts for what reads it", async () => {
  project.write(
    "m.ts",
    `import { Money } from "./money.ts";
     export const made = () => new Money(1);
     export const price = (made: Money) => made.text();
     export const also = (given: Money[]) => given;
     export const size = () => 1;`,
  );
  project.write("run.ts", run);
  project.write("money.ts", money("String(this.cents)"));
  expect((await project.run("run.ts"))[0]).toBe("1");
  project.write("money.ts", money("String(this.cents)", "new Money(cents * 100)"));
  expect((await project.run("run.ts"))[0]).toBe("100");
});

test("versionCode says what the keys say, of what comes from nodes and of what is given", async () => {
  project.write("money.ts", money("String(this.cents)"));
  project.write(
    "m.ts",
    `import { Money } from "./money.ts";
     export const made = () => new Money(1);
     export const price = (made: Money | number) => typeof made === "number" ? "" : made.text();
     export const also = (given: Money[], n: number) => given[n];
     export const plain = (text: string) => text;
     export const size = () => 1;`,
  );
  project.write(
    "run.ts",
    `import { Driver } from "sluice/dataflow";
     import * as m from "./m.ts";
     import { Money } from "./money.ts";
     await using driver = Driver.builder().withModules(m).withCache().build();
     const cache = driver.cache!;
     const told = async (names: (keyof typeof m)[], given: { inputs?: object; overrides?: object }) => {
       await driver.execute(names, { ...given, inputs: { text: "a", ...given.inputs } });
       const { codeVersions } = cache;
       const asked = await Promise.all(names.map((name) => cache.versionCode(name, given)));
       return names.map((name, i) => [codeVersions[name] === asked[i], asked[i]]);
     };
     const first = await told(["price", "also", "plain", "size"], { inputs: { given: [new Money(2)], n: 0 } });
     const second = await told(["also", "plain"], { inputs: { given: [2], n: 0 } });
     const third = await told(["price"], { overrides: { made: 3 } });
     console.log(JSON.stringify([first, second, third, await cache.versionCode("also") === second[0]![1]]));`,
  );
  const [first, second, third, bare] = await project.run("run.ts");
  expect([first, second, third].flat().map(([same]: [boolean]) => same)).toEqual(Array(7).fill(true));
  expect(second[0][1]).not.toBe(first[1][1]);
  expect(third[0][1]).not.toBe(first[0][1]);
  expect(bare).toBe(true);
});

test("why tells which function of a class changed, and which of its methods, once each", async () => {
  project.write(
    "m.ts",
    `import { Money } from "./money.ts";
     export const made = () => new Money(1);
     export const price = (made: Money) => made.text();`,
  );
  project.write(
    "run.ts",
    `import { Driver } from "sluice/dataflow";
     import * as m from "./m.ts";
     const reasons: unknown[] = [];
     const driver = Driver.builder().withModules(m).withCache()
       .withHooks({ name: "why", afterNode: (end) => { if (end.node.name === "price") reasons.push(...end.reasons); } }).build();
     await driver.execute(["price"]);
     console.log(JSON.stringify(reasons));`,
  );
  const because = async (text: string, decode?: string): Promise<unknown> => {
    project.write("money.ts", money(text, decode));
    const reasons = await project.run("run.ts");
    return reasons.map(({ name, members, line }: RunReason) => [name, members, line]);
  };
  await because("String(this.cents)");
  expect(await because("String(-this.cents)")).toEqual([["Money", ["text"], 3]]);
  expect(await because("String(-this.cents)", "new Money(2 * cents)")).toEqual([
    ["decode of registered class Money", undefined, 8],
  ]);
});

test("what differs in a thread is told by what differs, and not by a class", async () => {
  project.write("money.ts", money("1"));
  project.write("table.ts", "export const table: Record<string, number> = { a: 1 };");
  project.write("other.ts", 'import { table } from "./table.ts";\ntable.b = 2;\nexport const other = () => 1;');
  project.write(
    "m.ts",
    `import { table } from "./table.ts";
     import { Money } from "./money.ts";
     export const made = () => new Money(1);
     export const price = (made: any) => [made.cents, Object.keys(table)];`,
  );
  project.write(
    "run.ts",
    `import { Driver } from "sluice/dataflow";
     await Driver.builder().withModules("./other.ts").build().execute(["other"]);
     const builder = Driver.builder().withModules("./m.ts").withCache().withExecutor("thread");
     const told = await builder.build().execute(["price"]).catch((error: Error) => error.message);
     console.log(JSON.stringify(told));`,
  );
  expect(await project.run("run.ts")).toBe(
    "price cannot be called in a thread: its code is not the same there (table.b =)",
  );
});
