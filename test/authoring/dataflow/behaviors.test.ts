import { type Behaviour, type CacheOptions, Driver } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject, failing } from "./rig.ts";

/** What the functions of the module did, and what they see of the world outside. */
const seen = { calls: [] as string[], world: 0 };
Object.assign(globalThis, { dataflowSeen: seen });

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  Object.assign(seen, { calls: [], world: 0 });
});
afterEach(() => project[Symbol.dispose]());

const plain = (text: string): string => text;

/** `x` is read by `source`, that by `inner`, that by `target`. One of them looks at the world as well. */
function chain(looking: string, wrap: (name: string, fn: string) => string = (_, fn) => plain(fn)): string {
  const node = (name: string, reads: string): string => {
    const world = name === looking ? " + seen.world" : "";
    const fn = `(${reads}: number) => { seen.calls.push("${name}"); return ${reads} + 1${world}; }`;
    return `export const ${name} = ${wrap(name, fn)};`;
  };
  return `
    import { cached, dataLoader, dataSaver } from "sluice/dataflow";
    const seen = (globalThis as any).dataflowSeen;
    ${node("source", "x")}
    ${node("inner", "source")}
    ${node("target", "inner")}
  `;
}

interface Step {
  readonly x?: number;
  readonly override?: number;
  readonly world?: number;
  /** The node whose result is removed before. */
  readonly forget?: string;
}

/** Runs `target` once for each step, each time with a driver of its own; gives which functions ran in each. */
async function runs(text: string, cache: CacheOptions, steps: readonly Step[]): Promise<string[]> {
  const file = project.write("flow.ts", text);
  const ran: string[] = [];
  for (const { x = 1, override, world = 0, forget } of steps) {
    await using driver = Driver.builder()
      .withModules(file)
      .withCache({ path: project.dir, ...cache })
      .build();
    if (forget !== undefined) {
      const past = await driver.cache!.run((await driver.cache!.metadataStore.lastRun())!.id);
      const key = past.cacheKeys[forget];
      if (key !== undefined) await driver.cache!.metadataStore.delete(key);
    }
    Object.assign(seen, { calls: [], world });
    await driver.execute(["target"], {
      inputs: override === undefined ? { x } : {},
      overrides: override === undefined ? {} : { source: override },
    });
    ran.push(seen.calls.join(" "));
  }
  return ran;
}

/** What runs: first, again, with another value of what the behaviour is said of, and after its result was removed. */
interface Expected {
  readonly miss: string;
  readonly hit: string;
  readonly changed: string;
  readonly missing: string;
}

const all = "source inner target";
const none = "";

const nodes: Readonly<Record<"source" | "inner" | "target", Readonly<Record<Behaviour, Omit<Expected, "miss">>>>> = {
  source: {
    default: { hit: none, changed: none, missing: "source" },
    recompute: { hit: "source", changed: all, missing: "source" },
    disable: { hit: "source inner", changed: all, missing: "source inner" },
    ignore: { hit: "source", changed: "source", missing: "source" },
  },
  inner: {
    default: { hit: none, changed: none, missing: "inner" },
    recompute: { hit: "inner", changed: "inner target", missing: "inner" },
    disable: { hit: "inner target", changed: "inner target", missing: "inner target" },
    ignore: { hit: "inner", changed: "inner", missing: "inner" },
  },
  target: {
    default: { hit: none, changed: none, missing: "target" },
    recompute: { hit: "target", changed: "target", missing: "target" },
    disable: { hit: "target", changed: "target", missing: "target" },
    ignore: { hit: "target", changed: "target", missing: "target" },
  },
};

const inputs: Readonly<Record<Behaviour, Omit<Expected, "miss" | "missing">>> = {
  default: { hit: none, changed: all },
  recompute: { hit: none, changed: all },
  disable: { hit: "source", changed: all },
  ignore: { hit: none, changed: none },
};

const overrides: Readonly<Record<Behaviour, Omit<Expected, "miss" | "missing">>> = {
  default: { hit: none, changed: "inner target" },
  recompute: { hit: none, changed: "inner target" },
  disable: { hit: "inner", changed: "inner target" },
  ignore: { hit: none, changed: none },
};

const behaviours: readonly Behaviour[] = ["default", "recompute", "disable", "ignore"];
const names = ["source", "inner", "target"] as const;
const cases = names.flatMap((node) =>
  behaviours.map((behaviour) => [node, behaviour, nodes[node][behaviour]] as const),
);

/** The first run, the same again, with a changed world, as at first, and after the result was forgotten. */
const steps = (forget: string): readonly Step[] => [{}, {}, { world: 5 }, {}, { forget }];

/** After a run in a changed world, one as at first leaves the newest result as it was at first. */
function check(ran: readonly string[], { hit, changed, missing }: Omit<Expected, "miss">): void {
  expect({ miss: ran[0], hit: ran[1], changed: ran[2], missing: ran[4] }).toEqual({ miss: all, hit, changed, missing });
}

describe("the behaviour of a node, said by the driver", () => {
  test.each(cases)("%s: %s", async (node, behaviour, expected) => {
    check(await runs(chain(node), { [behaviour]: [node] }, steps(node)), expected);
  });
});

describe("the behaviour of a node, said by its wrapper", () => {
  test.each(cases)("%s: %s", async (node, behaviour, expected) => {
    const wrap = (name: string, fn: string): string =>
      name === node ? `cached({ behavior: "${behaviour}" }, ${fn})` : fn;
    check(await runs(chain(node, wrap), {}, steps(node)), expected);
  });
});

describe("the behaviour of loaders and savers", () => {
  test.each(behaviours)("a loader: %s", async (behaviour) => {
    const wrap = (name: string, fn: string): string => (name === "source" ? `dataLoader(${fn})` : fn);
    const cache = { defaultLoaderBehavior: behaviour };
    check(await runs(chain("source", wrap), cache, steps("source")), nodes.source[behaviour]);
  });

  test.each(behaviours)("a saver: %s", async (behaviour) => {
    const wrap = (name: string, fn: string): string => (name === "target" ? `dataSaver(${fn})` : fn);
    const cache = { defaultSaverBehavior: behaviour };
    check(await runs(chain("target", wrap), cache, steps("target")), nodes.target[behaviour]);
  });

  test("a saver runs each time unless something is said of it: what it wrote may be gone", async () => {
    const wrap = (name: string, fn: string): string => (name === "target" ? `dataSaver(${fn})` : fn);
    expect(await runs(chain("target", wrap), {}, [{}, {}])).toEqual([all, "target"]);
    expect(await runs(chain("target", wrap), { default: ["target"] }, [{}])).toEqual([none]);
  });

  test("the default behaviour reaches loaders, but not where one for loaders is given", async () => {
    const wrap = (name: string, fn: string): string => (name === "source" ? `dataLoader(${fn})` : fn);
    expect(await runs(chain("source", wrap), { defaultBehavior: "recompute" }, [{}, {}])).toEqual([all, all]);
    const both: CacheOptions = { defaultBehavior: "recompute", defaultLoaderBehavior: "default" };
    expect(await runs(chain("source", wrap), both, [{}])).toEqual(["inner target"]);
  });
});

describe("the behaviour of an input", () => {
  test.each(behaviours)("%s", async (behaviour) => {
    const ran = await runs(chain(""), { [behaviour]: ["x"] }, [{}, {}, { x: 2 }]);
    expect({ hit: ran[1], changed: ran[2] }).toEqual(inputs[behaviour]);
    expect(ran[0]).toBe(all);
  });
});

describe("the behaviour of a node that is overridden", () => {
  test.each(behaviours)("%s", async (behaviour) => {
    const steps = [{ override: 2 }, { override: 2 }, { override: 3 }];
    const ran = await runs(chain(""), { [behaviour]: ["source"] }, steps);
    expect({ hit: ran[1], changed: ran[2] }).toEqual(overrides[behaviour]);
    expect(ran[0]).toBe("inner target");
  });

  test("a value as the node would have given it is no change", async () => {
    expect(await runs(chain(""), {}, [{ x: 1 }, { override: 2 }, { x: 1 }])).toEqual([all, none, none]);
  });
});

describe("what is said closer to the run counts more", () => {
  const recomputing = chain("", (name, fn) => (name === "inner" ? `cached({ behavior: "recompute" }, ${fn})` : fn));

  test("a list of the driver more than a wrapper", async () => {
    expect(await runs(recomputing, { default: ["inner"] }, [{}, {}])).toEqual([all, none]);
  });

  test("all nodes of the driver more than a wrapper", async () => {
    expect(await runs(recomputing, { default: true }, [{}, {}])).toEqual([all, none]);
  });

  test("a wrapper more than the driver's default", async () => {
    expect(await runs(recomputing, { defaultBehavior: "disable" }, [{}, {}])).toEqual([all, all]);
    expect(await runs(recomputing, { defaultBehavior: "default" }, [{}, {}])).toEqual([all, "inner"]);
  });

  test("recompute: true runs all, and keeps what comes of it", async () => {
    expect(await runs(chain(""), { recompute: true }, [{}, {}])).toEqual([all, all]);
    expect(await runs(chain(""), {}, [{}])).toEqual([none]);
  });

  test("false is what nothing is: each behaviour can hang on a flag", async () => {
    const no = { default: false, recompute: false, ignore: false, disable: false };
    expect(await runs(chain(""), no, [{}, {}])).toEqual([all, none]);
    expect(await runs(chain(""), { ...no, recompute: true }, [{}])).toEqual([all]);
    expect(await runs(chain(""), { ...no, recompute: ["inner"] }, [{}])).toEqual(["inner"]);
  });

  test("disable: true keeps nothing", async () => {
    expect(await runs(chain(""), { disable: true }, [{}, {}])).toEqual([all, all]);
    expect(await runs(chain(""), {}, [{}])).toEqual([all]);
  });
});

describe("opt-in caching (A3.9)", () => {
  test("a cached node is reused though what it reads is not cached, and inputs are no obstacle", async () => {
    const cache: CacheOptions = { defaultBehavior: "disable", default: ["target"] };
    expect(await runs(chain("inner"), cache, [{}, {}, { world: 1 }, { x: 5 }])).toEqual([
      all,
      "source inner",
      all,
      all,
    ]);
  });

  test("a node that opts in by its wrapper is reused", async () => {
    const wrap = (name: string, fn: string): string =>
      name === "source" ? `cached({ behavior: "default" }, ${fn})` : fn;
    expect(await runs(chain("", wrap), { defaultBehavior: "disable" }, [{}, {}])).toEqual([all, "inner target"]);
  });

  test("adds no record for what did not opt in", async () => {
    const cache: CacheOptions = { defaultBehavior: "disable", default: ["target"] };
    await runs(chain(""), cache, [{}, {}, {}]);
    await using driver = Driver.builder()
      .withModules(project.write("flow.ts", chain("")))
      .withCache({ path: project.dir })
      .build();
    expect(await driver.cache!.metadataStore.size()).toBe(1);
  });
});

describe("what contradicts itself or names nothing is an error when the driver is built", () => {
  const module = { a: (x: number) => x, b: (a: number) => a };
  const build = (options: object) => () => Driver.builder().withModules(module).withCache(options).build();

  test.each([
    ["unknown names", { ignore: ["aa"] }, { reason: "unknown-node", hint: 'did you mean "a"?' }],
    ["two lists with all nodes", { recompute: true, disable: true }, { reason: "usage" }],
    ["all nodes and a list", { recompute: true, ignore: ["x"] }, { reason: "usage" }],
    ["one name in two lists", { recompute: ["a"], ignore: ["b", "a"] }, { reason: "usage", node: "a" }],
    ["an unknown behaviour", { defaultBehavior: "never" }, { reason: "usage" }],
    ["an unknown option", { defaultBehaviour: "disable" }, { hint: 'did you mean "defaultBehavior"?' }],
    ["a list that is none", { ignore: "a" }, { reason: "usage" }],
  ])("%s", async (_, options, failure) => expect(await failing(build(options))).toMatchObject(failure));

  test("names of inputs are fine, and so are empty lists beside all nodes", () => {
    expect(build({ ignore: ["x"], disable: [] })).not.toThrow();
    expect(build({ recompute: true, ignore: [] })).not.toThrow();
  });
});
