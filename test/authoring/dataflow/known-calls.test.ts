/*
 * Runs of drivers that are known by their calls, before there is a graph. Random edits of all that a run follows from, each followed by
 * two processes: what they give is compared with what a driver without a cache gives in the same process, and what is told of the run
 * with what is told of one that looked at each node.
 */
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { Driver } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

/** What a run follows from. */
interface State {
  /** In the code of functions. */
  readonly constants: readonly number[];
  /** Lines before the functions. */
  readonly shift: number;
  readonly isSwapped: boolean;
  readonly helper: number;
  /** In a file that a function reads. */
  readonly rate: number;
  /** In a variable that a function captures, and by which another is chosen. */
  readonly made: number;
  readonly hung: number;
  readonly kind: "a" | "b";
  readonly seed: number;
  readonly extra: number | null;
  readonly targets: number;
  readonly format: "auto" | "json";
}

const targets = [
  ["last"],
  ["second", "last"],
  ["last", "second"],
  ["last", "rated", "picked"],
  ["last", "chosen"],
  ["last", "made"],
  ["last", "hung", "seed"],
];

function write({ constants, shift, isSwapped, helper, rate }: State): void {
  const swapped = [
    `export const left = (second: number): number => second * 2 + ${constants[1]};`,
    `export const right = (second: number): number => second * 3 + ${constants[2]};`,
  ];
  const chain = Array.from(
    { length: 50 },
    (_, i) =>
      `export const n${i} = (${i === 0 ? "first" : `n${i - 1}`}: number) => ${i === 0 ? "first" : `n${i - 1}`} + 1;`,
  );
  project.write("helper.ts", `export const add = (x: number): number => x + ${helper};\n`);
  project.write("rates.json", JSON.stringify({ rate }));
  project.write(
    "flow.ts",
    `import { readFileSync } from "node:fs";
     import { tag, when } from "sluice/dataflow";
     import { add } from "./helper.ts";
     ${"// moved\n".repeat(shift)}
     const make = (value: number) => (second: number): number => second * 1000 + value;
     export function first(seed: number, extra = 7): number { return seed * 10 + extra + ${constants[0]}; }
     export const second = tag({ kind: "sum" }, (first: number): number => add(first));
     ${(isSwapped ? swapped.toReversed() : swapped).join("\n")}
     export const rated = (second: number): number =>
       second + JSON.parse(readFileSync(new URL("rates.json", import.meta.url), "utf8")).rate;
     export const made = make(Number(process.argv[2]));
     export const hung = Object.assign((second: number): number => second + hung.by, { by: Number(process.argv[3]) });
     const choice = [(left: number): number => left + 3, (left: number): number => left + 4];
     export const chosen = choice[Number(process.argv[2]) % 2]!;
     export const picked__a = when({ kind: "a" }, (left: number): number => left + 1);
     export const picked__b = when({ kind: "b" }, (right: number): number => right + 2);
     ${chain.join("\n")}
     export const last = ({ n49, left }: { n49: number; left: number }, right: number): number => n49 + left * 5 + right * 7;
    `,
  );
}

const program = `
  import { Driver } from "sluice/dataflow";
  import * as flow from "./flow.ts";
  const { targets, inputs, kind, format } = JSON.parse(process.argv[4]);
  const begin = () => Driver.builder().withModules(flow).withConfig({ kind });
  const driver = begin().withCache({ path: "cache", format }).build();
  const isRecalled = [];
  const values = [];
  for (let i = 0; i < 2; i++) {
    values.push(await driver.execute(targets, { inputs, onEvent: (event) => {
      if (event.type === "run-started") isRecalled.push(event.remembered === true);
    } }));
  }
  const told = ({ codeVersions, dataVersions, cacheKeys, behaviors }) => ({ codeVersions, dataVersions, cacheKeys, behaviors });
  await driver.close();
  const recalled = told(driver.cache);
  const followed = begin().withCache({ path: "cache", format }).withHooks({ afterRun: () => {} }).build();
  await followed.execute(targets, { inputs });
  const long = told(followed.cache);
  const expected = await begin().build().execute(targets, { inputs });
  console.log(JSON.stringify({ expected, values, isRecalled, recalled, long }));
`;

async function run({ made, hung, kind, seed, extra, targets: wanted, format }: State) {
  const inputs = { seed, ...(extra === null ? {} : { extra }) };
  const call = JSON.stringify({ targets: targets[wanted], inputs, kind, format });
  const { expected, values, isRecalled, recalled, long } = await project.run("run.ts", `${made}`, `${hung}`, call);
  for (const each of values) expect(each).toEqual(expected);
  expect(recalled).toEqual(long);
  return isRecalled as readonly boolean[];
}

/** How many calls are known. */
function known(): number {
  using database = new DatabaseSync(path.join(project.dir, "cache", "v1", "metadata.db"), { readOnly: true });
  const row = database.prepare("SELECT count(*) AS count FROM derived WHERE kind = 'known-call-1'").get();
  return row!.count as number;
}

const small = fc.nat(3);
const edit: fc.Arbitrary<Partial<State>> = fc.oneof(
  fc.record({ constants: fc.tuple(small, small, small) }),
  fc.record({ shift: small }),
  fc.record({ isSwapped: fc.boolean() }),
  fc.record({ helper: small }),
  fc.record({ rate: small }),
  fc.record({ made: small }),
  fc.record({ hung: small }),
  fc.record({ kind: fc.constantFrom("a", "b") }),
  fc.record({ seed: small }),
  fc.record({ extra: fc.option(small) }),
  fc.record({ targets: fc.nat(targets.length - 1) }),
  fc.record({ format: fc.constantFrom("auto", "json") }),
  fc.constant({}),
);

const initial: State = {
  constants: [0, 0, 0],
  shift: 0,
  isSwapped: false,
  helper: 1,
  rate: 1,
  made: 1,
  hung: 1,
  kind: "a",
  seed: 1,
  extra: null,
  targets: 0,
  format: "auto",
};

describe("a run that is known by its call", () => {
  test("gives what a run without a cache gives, whatever was edited", { timeout: 3_600_000 }, async () => {
    const isLong = Boolean(process.env.SLUICE_LONG);
    const edits = fc.array(edit, { minLength: 8, maxLength: 8 });
    let recalled = 0;
    await fc.assert(
      fc.asyncProperty(edits, async (list) => {
        project[Symbol.dispose]();
        project = new FlowProject({ "run.ts": program });
        let state = initial;
        // calls that are edited at once may be none that can be known
        write(state);
        recalled += (await run(state)).filter(Boolean).length;
        for (const each of list) {
          state = { ...state, ...each };
          write(state);
          for (const isRecalled of [await run(state), await run(state)]) recalled += isRecalled.filter(Boolean).length;
        }
        expect(known()).toBeGreaterThan(0);
      }),
      { numRuns: isLong ? 60 : 2 },
    );
    expect(recalled).toBeGreaterThan(0);
  });

  test("is known from the run on after which nothing has to run, and by the program that it is of", async () => {
    project.write("run.ts", program);
    write(initial);
    expect(await run(initial)).toEqual([false, true]);
    expect(known()).toBe(1);
    expect(await run(initial)).toEqual([true, true]);
    // The same by the long way, with a call of its own.
    write({ ...initial, shift: 2 });
    expect(await run(initial)).toEqual([true, true]);
    expect(known()).toBe(2);
    // Neither captures nor what was hung on a function are told by places.
    for (const each of [5, 6]) {
      expect((await run({ ...initial, targets: each })).at(-1)).toBe(true);
      expect(known()).toBe(2);
    }
  });

  test("is another one with another program, also where that is known by another call", async () => {
    project.write("run.ts", program);
    const other = { ...initial, targets: 1 };
    write(initial);
    for (const each of [initial, other, initial, other]) await run(each);
    const edited = { constants: [1, 1, 1], helper: 2, rate: 2 };
    write({ ...initial, ...edited });
    for (const each of [initial, initial]) await run({ ...each, ...edited });
    expect(await run({ ...other, ...edited })).toEqual([false, true]);
    write(initial);
    for (const each of [other, initial, other]) await run(each);
  });

  test("is another one with another function under the same name", async () => {
    project.write("run.ts", program);
    write(initial);
    for (const made of [1, 1, 2, 2, 1, 2]) await run({ ...initial, targets: 4, made });
    expect(known()).toBe(2);
  });

  test("knows its inputs as they are when it begins", async () => {
    write(initial);
    const file = path.join(project.dir, "flow.ts");
    const driver = () =>
      Driver.builder()
        .withModules(file)
        .withConfig({ kind: "a" })
        .withCache({ path: path.join(project.dir, "cache") })
        .build();
    const more = project.write(
      "more.ts",
      "export const list = (n49: number, values: number[]): number => values.reduce((sum, each) => sum + each, n49);",
    );
    const values = [1, 2];
    const build = () =>
      Driver.builder()
        .withModules(file, more)
        .withConfig({ kind: "a" })
        .withCache({ path: path.join(project.dir, "cache") })
        .build();
    await using first = build();
    const run = first.execute(["list"], { inputs: { seed: 1, values } });
    const before = await run;
    values.push(3);
    expect(await first.execute(["list"], { inputs: { seed: 1, values } })).toEqual({
      list: (before.list as number) + 3,
    });
    const going = first.execute(["list"], { inputs: { seed: 2, values } });
    values.push(4);
    await going;
    for (const given of [
      [1, 2, 3],
      [1, 2, 3, 4],
    ]) {
      await using other = build();
      const { list: sum } = await other.execute(["list"], { inputs: { seed: 2, values: given } });
      await using clean = Driver.builder().withModules(file, more).withConfig({ kind: "a" }).build();
      expect(await clean.execute(["list"], { inputs: { seed: 2, values: given } })).toEqual({ list: sum });
    }
    await using unasked = driver();
    await expect(unasked.execute(["last"], { inputs: { seed: () => 1 } })).rejects.toThrow("seed");
    await expect(unasked.execute(["last", "nothing"], { inputs: { seed: 1 } })).rejects.toThrow("nothing");
  });
});
