/*
 * Checked by `tsc --noEmit`, never run: what a driver knows of its modules, and which wrong calls do not compile.
 */
import type { FileHandle, RowsHandle } from "sluice";
import {
  cached,
  checkOutput,
  Driver,
  type DriverCache,
  dataLoader,
  each,
  extractFields,
  inputs,
  loaded,
  parallel,
  parameterize,
  pipeOutput,
  source,
  step,
  tag,
  unpackFields,
  when,
  whenNot,
} from "sluice/dataflow";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(same: Equal<A, B>): void;

const features = {
  FACTOR: 3,
  words: ({ text }: { text: string }): string[] => text.split(" "),
  count: async ({ words, min = 2 }: { words: string[]; min?: number }): Promise<number> => words.length + min,
  letters: function* (words: string[]): Generator<{ letter: string }> {
    yield* words.map((letter) => ({ letter }));
  },
  _private: (nobody: string) => nobody,
  Thing: class {},
};

const driver = Driver.builder().withModules(features).build();

const { words, count } = await driver.execute(["words", "count"], { inputs: { text: "a b" } });
same<typeof words, string[]>(true);
same<typeof count, number>(true);
const { letters } = await driver.execute(["letters"]);
same<typeof letters, RowsHandle<{ letter: string }>>(true);

// @ts-expect-error no such node
driver.execute(["wrods"]);
// @ts-expect-error a private function is no node
driver.execute(["_private"]);
// @ts-expect-error a constant is no node
driver.execute(["FACTOR"]);
// @ts-expect-error a class is no node
driver.execute(["Thing"]);
// @ts-expect-error an input of a wrong type
driver.execute(["words"], { inputs: { text: 1 } });
// @ts-expect-error an optional input of a wrong type
driver.execute(["words"], { inputs: { text: "a", min: "2" } });
// @ts-expect-error an override of a wrong type
driver.execute(["count"], { overrides: { words: [1] } });
// @ts-expect-error an override of no node
driver.execute(["count"], { overrides: { wrods: ["a"] } });
driver.execute(["count"], { overrides: { words: ["a"] } });
// @ts-expect-error an option that does not exist
driver.execute(["count"], { input: {} });
// @ts-expect-error no such node
driver.validateExecution(["cuont"]);

// What functions take one by one has no names in their types: any name goes, unless they are told.
const positional = { area: (width: number, height: number) => width * height };
const loose = Driver.builder().withModules(positional).build();
loose.execute(["area"], { inputs: { width: 1, height: 2 } });
const strict = Driver.builder().withModules(positional).withInputs<{ width: number; height: number }>().build();
strict.execute(["area"], { inputs: { width: 1, height: 2 } });
// @ts-expect-error an input is missing
strict.execute(["area"], { inputs: { width: 1 } });
// @ts-expect-error an input that does not exist
strict.execute(["area"], { inputs: { width: 1, height: 2, depth: 3 } });
// @ts-expect-error an input of a wrong type
strict.execute(["area"], { inputs: { width: 1, height: "2" } });

// Several modules.
const more = { double: (count: number) => count * 2 };
const both = Driver.builder().withModules(features, more).build();
const { double, words: again } = await both.execute(["double", "words"]);
same<typeof double, number>(true);
same<typeof again, string[]>(true);
const apart = Driver.builder().withModules(features).withModules(more).build();
same<keyof Awaited<ReturnType<typeof apart.execute<"double">>>, "double">(true);

// A module by its path has no types, unless it is told.
const untyped = Driver.builder().withModules("./features.ts").build();
const { anything } = await untyped.execute(["anything"]);
same<typeof anything, unknown>(true);

// Wrappers.
const wrapped = {
  rows: cached({ format: "csv" }, (text: string) => [{ text }]),
  page: cached({ format: "file" }, () => "page.html"),
  tagged: tag({ owner: "me" }, (rows: number) => String(rows)),
  nested: cached(
    { behavior: "recompute" },
    tag({ a: "b" }, () => 1n),
  ),
  named: inputs(["height", "width?"], (first: number, second = 2) => first * second),
  split: extractFields(["train", "test"], () => ({ train: [1], test: "x", rest: true })),
  pair: unpackFields(["low", "high"], (): [number, string] => [1, "a"]),
  averages: parameterize({ week: { days: 7 }, month: { days: source("long") } }, (days: number) => days / 2),
  model__a: when({ model: "a" }, () => 1),
  model__b: whenNot({ model: "a" }, () => "b"),
};
const all = Driver.builder().withModules(wrapped).build();
const values = await all.execute(["rows", "page", "tagged", "nested", "named"]);
same<typeof values.rows, { text: string }[]>(true);
same<typeof values.page, FileHandle>(true);
same<typeof values.tagged, string>(true);
same<typeof values.nested, bigint>(true);
same<typeof values.named, number>(true);
const made = await all.execute(["split", "train", "test", "low", "high", "week", "month", "model"]);
same<typeof made.train, number[]>(true);
same<typeof made.test, string>(true);
same<typeof made.low, number>(true);
same<typeof made.high, string>(true);
same<typeof made.week, number>(true);
same<typeof made.model, string | number>(true);
// @ts-expect-error no node is called after a parameterised export
all.execute(["averages"]);
// @ts-expect-error a variant has the name before `__`
all.execute(["model__a"]);
// @ts-expect-error a field that is not there
extractFields(["nothing"], () => ({ train: 1 }));
// @ts-expect-error a named input of a wrong type
all.execute(["named"], { inputs: { height: "1" } });
// @ts-expect-error an unknown behaviour
cached({ behavior: "never" }, () => 1);
// @ts-expect-error an unknown option
Driver.builder().withCache({ behaviour: "default" });

// Wrapped functions can be called as they are.
same<ReturnType<typeof wrapped.tagged>, string>(true);
const called: number = wrapped.named(1, 2);
void called;

// a pipe gives what its last step gives
const texts = step((n: number) => [`${n}`]);
const later = step(async (texts: string[]) => texts.length > 1);
const pipes = {
  size: (text: string) => text.length,
  shown: pipeOutput([texts], (size: number) => size),
  many: cached(
    { behavior: "recompute" },
    pipeOutput([texts, later], (size: number) => size),
  ),
  nested: checkOutput(
    { allowNone: false },
    pipeOutput(
      [later],
      pipeOutput([texts], (size: number) => size),
    ),
  ),
  loaded: pipeOutput(
    [texts],
    dataLoader((path: string) => loaded(path, 1)),
  ),
  rows: pipeOutput(
    [
      step(
        function* (n: number) {
          yield { n };
        },
        {},
        { name: "rows" },
      ),
    ],
    (size: number) => size,
  ),
  parts: extractFields(
    ["one"],
    pipeOutput([step((n: number) => ({ one: n }), {}, { name: "one" })], (size: number) => size),
  ),
  same: pipeOutput([step(<T>(given: T) => given, {}, { name: "same" })], (size: number) => size),
  stored: pipeOutput(
    [texts],
    cached({ format: "file" }, (path: string) => path),
  ),
  item: parallel((size: number) => [size]),
  of: each(pipeOutput([texts], (item: number) => item)),
};
const piped = await Driver.builder()
  .withModules(pipes)
  .build()
  .execute(["shown", "many", "nested", "loaded", "rows", "one", "same", "stored", "of"]);
same<typeof piped.shown, string[]>(true);
same<typeof piped.many, boolean>(true);
same<typeof piped.nested, boolean>(true);
same<typeof piped.loaded, string[]>(true);
same<typeof piped.rows, RowsHandle<{ n: number }>>(true);
same<typeof piped.one, number>(true);
same<typeof piped.same, number>(true);
same<typeof piped.stored, string[]>(true);
same<typeof piped.of, string[][]>(true);
// What is called is the function itself.
same<ReturnType<typeof pipes.shown>, number>(true);

// cached() around cached(): what the outer one does not say stays as the inner one says it
const bits = async function* (text: string) {
  yield new TextEncoder().encode(text);
};
const kept = {
  inner: cached({ behavior: "recompute" }, cached({ format: "bytes" }, bits)),
  outer: cached({ format: "bytes" }, cached({ format: "ndjson", retries: 1 }, bits)),
  neither: cached(
    { retries: 1 },
    cached({ timeout: "1m" }, (text: string) => text.length),
  ),
};
const keptValues = await Driver.builder().withModules(kept).build().execute(["inner", "outer", "neither"]);
same<typeof keptValues.inner, FileHandle>(true);
same<typeof keptValues.outer, FileHandle>(true);
same<typeof keptValues.neither, number>(true);

// the cache is there where the compiler sees that there is one, through whatever is said afterwards
const withCache = Driver.builder()
  .withCache()
  .withModules(features)
  .withInputs<{ text: string }>()
  .withResult("object")
  .withJobs(1)
  .copy()
  .build();
same<typeof withCache.cache, DriverCache>(true);
same<typeof driver.cache, DriverCache | undefined>(true);
let maybe = Driver.builder().withModules(features);
if (process.argv.length > 2) maybe = maybe.withCache();
const unsure = maybe.build();
same<typeof unsure.cache, DriverCache | undefined>(true);
const any: Driver = Driver.builder().withModules("./features.ts").withCache().build();
same<typeof any.cache, DriverCache | undefined>(true);
