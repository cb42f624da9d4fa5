/*
 * Each behaviour, of each kind of node, in each state of the cache: which functions run, as a small model of the four behaviours says.
 *
 *   x -> source -> inner -> target          and for items: list -> item (parallel) -> made -> all (collect)
 */
import { type Behaviour, type CacheOptions, Driver } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject } from "./rig.ts";

const seen = { calls: [] as string[], world: {} as Record<string, number> };
Object.assign(globalThis, { behaviourMatrix: seen });

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  Object.assign(seen, { calls: [], world: {} });
});
afterEach(() => project[Symbol.dispose]());

const behaviours: readonly Behaviour[] = ["default", "recompute", "disable", "ignore"];
const conditions = ["miss", "hit", "changed", "missing"] as const;
type Condition = (typeof conditions)[number];

/** What a run is like, in the model and in truth. */
interface Step {
  readonly x: number;
  /** Added to what a node gives: a change that no key sees. */
  readonly world: Readonly<Record<string, number>>;
  readonly override: number | undefined;
  /** The node whose results are removed before. */
  readonly forget: string | undefined;
}

const plain: Step = { x: 1, world: {}, override: undefined, forget: undefined };

/** The runs that lead to a condition; what the last of them runs is what counts. */
function stepsTo(
  condition: Condition,
  changed: Step,
  forget: string | undefined,
  first: Step = plain,
): readonly Step[] {
  switch (condition) {
    case "miss":
      return [first];
    case "hit":
      return [first, first];
    case "changed":
      return [first, changed];
    case "missing":
      return [first, { ...first, forget }];
  }
}

const nodes = ["source", "inner", "target"] as const;
const reads = { source: "x", inner: "source", target: "inner" } as const;

/** The model: a table from what a node is looked up by to what it gave. */
class Model {
  readonly #kept = new Map<string, Map<string, number>>();
  #runs = 0;

  /** @param of behaviours by the name of a node or an input; `default` unless given */
  run(of: Readonly<Record<string, Behaviour>>, { x, world, override, forget }: Step): string {
    this.#runs += 1;
    if (forget !== undefined) this.#kept.delete(forget);
    const ran: string[] = [];
    const values: Record<string, number> = { x };
    for (const node of nodes) {
      if (node === "source" && override !== undefined) {
        values.source = override;
        continue;
      }
      const from = reads[node];
      const key = this.#seen(of[from] ?? "default", values[from]!);
      const kept = this.#kept.get(node) ?? new Map<string, number>();
      const behaviour = of[node] ?? "default";
      const hit = behaviour === "default" ? kept.get(key) : undefined;
      if (hit === undefined) ran.push(node);
      values[node] = hit ?? values[from]! + 1 + (world[node] ?? 0);
      if (behaviour === "default" || behaviour === "recompute") this.#kept.set(node, kept.set(key, values[node]));
    }
    return ran.join(" ");
  }

  /** What a key sees of a value. */
  #seen(behaviour: Behaviour, value: number): string {
    if (behaviour === "ignore") return "ignored";
    return behaviour === "disable" ? `of run ${this.#runs}` : `value ${value}`;
  }
}

function chain(wrap: Readonly<Record<string, string>> = {}): string {
  const node = (name: keyof typeof reads): string => {
    const fn = `(${reads[name]}: number) => { seen.calls.push("${name}"); return ${reads[name]} + 1 + (seen.world.${name} ?? 0); }`;
    return `export const ${name} = ${wrap[name] ? `${wrap[name]}(${fn})` : fn};`;
  };
  return `import { dataLoader, dataSaver } from "sluice/dataflow";
    const seen = (globalThis as any).behaviourMatrix;
    ${nodes.map(node).join("\n")}`;
}

/** What the functions of a module do in each of the runs, each with a driver of its own. */
async function runs(text: string, target: string, cache: CacheOptions, steps: readonly Step[]): Promise<string[]> {
  const file = project.write("flow.ts", text);
  const all: string[] = [];
  for (const { x, world, override, forget } of steps) {
    await using driver = Driver.builder()
      .withModules(file)
      .withCache({ path: project.dir, ...cache })
      .build();
    const { metadataStore } = driver.cache!;
    if (forget !== undefined) {
      for (const { id } of await metadataStore.runs()) {
        const keys = (await driver.cache!.run(id)).cacheKeys[forget] ?? {};
        for (const key of typeof keys === "string" ? [keys] : Object.values(keys as Record<string, string>))
          await metadataStore.delete(key);
      }
    }
    Object.assign(seen, { calls: [], world });
    await driver.execute([target], {
      inputs: override === undefined ? { x } : {},
      overrides: override === undefined ? {} : { source: override },
    });
    all.push(seen.calls.join(" "));
  }
  return all;
}

/** One kind of thing in a chain, with what changes of it. */
interface Kind {
  readonly kind: string;
  /** What the behaviour is said of. */
  readonly name: "x" | "source" | "inner" | "target";
  readonly wrap?: Readonly<Record<string, string>>;
  readonly first?: Step;
  readonly changed: Step;
  /** Whether there is a result to be missing. */
  readonly isKept: boolean;
}

const kinds: readonly Kind[] = [
  { kind: "an input", name: "x", changed: { ...plain, x: 2 }, isKept: false },
  {
    kind: "an override",
    name: "source",
    first: { ...plain, override: 5 },
    changed: { ...plain, override: 6 },
    isKept: false,
  },
  ...nodes.map(
    (name): Kind => ({ kind: `the ${name}`, name, changed: { ...plain, world: { [name]: 7 } }, isKept: true }),
  ),
  {
    kind: "a loader",
    name: "source",
    wrap: { source: "dataLoader" },
    changed: { ...plain, world: { source: 7 } },
    isKept: true,
  },
  {
    kind: "a saver",
    name: "target",
    wrap: { target: "dataSaver" },
    changed: { ...plain, world: { target: 7 } },
    isKept: true,
  },
];

const cases = kinds.flatMap((kind) =>
  behaviours.flatMap((behaviour) =>
    conditions
      .filter((condition) => condition !== "missing" || kind.isKept)
      .map((condition) => [kind.kind, behaviour, condition, kind] as const),
  ),
);

describe("what runs is what the model says", () => {
  test.each(cases)("%s, %s, %s", async (_, behaviour, condition, { name, wrap, first, changed, isKept }) => {
    const steps = stepsTo(condition, changed, isKept ? name : undefined, first);
    const model = new Model();
    const expected = steps.map((step) => model.run({ [name]: behaviour }, step));
    expect(await runs(chain(wrap), "target", { [behaviour]: [name] }, steps)).toEqual(expected);
  });

  test.each(behaviours)(
    "two behaviours at once: %s of the source, and each of the inner",
    async (first) => {
      for (const second of behaviours) {
        project[Symbol.dispose]();
        project = new FlowProject();
        const steps: readonly Step[] = [plain, plain, { ...plain, world: { source: 3 } }, { ...plain, x: 2 }, plain];
        const of = { source: first, inner: second };
        const named = (each: Behaviour) => (["source", "inner"] as const).filter((name) => of[name] === each);
        const lists = Object.fromEntries(behaviours.map((each) => [each, named(each)]));
        const model = new Model();
        const expected = steps.map((step) => model.run(of, step));
        expect({ of, runs: await runs(chain(), "target", lists, steps) }).toEqual({ of, runs: expected });
      }
    },
    120_000,
  );
});

/** What the items of a branch are: `made` is the node that a behaviour is said of. */
const branch = `import { collect, parallel } from "sluice/dataflow";
  const seen = (globalThis as any).behaviourMatrix;
  export const item = parallel((x: number) => Array.from({ length: x }, (_, i) => i));
  export const made = (item: number) => { seen.calls.push("made " + item); return item + (seen.world["made " + item] ?? 0); };
  export const all = collect("made", (made: number[]) => { seen.calls.push("all"); return made.join(); });`;

const everything = ["all", "made 0", "made 1"];

const ofItems: Readonly<Record<Behaviour, Readonly<Record<Condition | "more", readonly string[]>>>> = {
  // The list of what all items gave is a result too: while it is there, none of theirs is missed.
  default: { miss: everything, hit: [], changed: [], missing: [], more: ["all", "made 2"] },
  recompute: {
    miss: everything,
    hit: ["made 0", "made 1"],
    changed: everything,
    missing: ["made 0", "made 1"],
    more: [...everything, "made 2"],
  },
  disable: {
    miss: everything,
    hit: everything,
    changed: everything,
    missing: everything,
    more: [...everything, "made 2"],
  },
  ignore: {
    miss: everything,
    hit: ["made 0", "made 1"],
    changed: ["made 0", "made 1"],
    missing: ["made 0", "made 1"],
    more: ["made 0", "made 1", "made 2"],
  },
};

describe("an item of a branch", () => {
  const two = { ...plain, x: 2 };
  const items = behaviours.flatMap((behaviour) =>
    ([...conditions, "more"] as const).map((condition) => [behaviour, condition] as const),
  );

  test.each(items)("%s, %s", async (behaviour, condition) => {
    const changed: Step = { ...two, world: { "made 1": 7 } };
    const steps = condition === "more" ? [two, { ...plain, x: 3 }] : stepsTo(condition, changed, "made", two);
    const ran = await runs(branch, "all", { [behaviour]: ["made"] }, steps);
    expect(
      ran
        .at(-1)!
        .split(/ (?=made|all)/)
        .filter(Boolean)
        .toSorted(),
    ).toEqual([...ofItems[behaviour][condition]].toSorted());
  });
});
