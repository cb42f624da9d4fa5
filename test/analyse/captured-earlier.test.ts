import { expect, test } from "vitest";
import { only, project, versions } from "./capturing.ts";

/*
 * What was made of a variable before the variable became another: what it holds now says nothing of it. Every way to make something is
 * tried with every way to change what it was made of, and with every way to come by that.
 */

/** Something that has no version of its own, made of `X`; and how a stage asks it. */
const made: Readonly<Record<string, readonly [make: string, ask: string]>> = {
  instance: ["const m = new Box(X);", "m.get()"],
  "instance of a local class": ["class Local { #v = X; get() { return this.#v; } }\nconst m = new Local();", "m.get()"],
  promise: ["const m = Promise.resolve(X);", "await m"],
  WeakMap: ["const key = {};\nconst m = new WeakMap<object, unknown>([[key, X]]);", "m.get(key)"],
  "by a function": ["const next = () => X;\nconst m = new Box(next());", "m.get()"],
  "of what was made": ["const m1 = new Box(X);\nconst m = new Box(m1.get());", "m.get()"],
  "static field": ["class m { static v = X; }", "m.v"],
  "static block": ["class m { static #v: unknown; static { m.#v = X; } static get() { return m.#v; } }", "m.get()"],
  "name of a member": ["class m { static ['n' + X]() {} }", "Object.getOwnPropertyNames(m).join()"],
  superclass: ["class m extends (class { static v = X; }) {}", "m.v"],
  enum: ["enum m { v = X as number }", "m.v"],
};

/** What becomes of the variable afterwards. */
const changes: Readonly<Record<string, string>> = {
  "is assigned": "O = { v: 9 };",
  "is assigned by a function": "const set = () => { O = { v: 9 }; };\nset();",
  "is changed": "O.v = 9;",
  "is changed by a function": "const set = () => { O.v = 9; };\nset();",
  "is changed by a function that is handed it": "blank(O);",
  stays: "",
};

/** How the function that declares the stage comes by the variable; `V` is what is edited. */
const origins: Readonly<Record<string, (body: string) => string>> = {
  "its own variable": (body) => `function make() {\nlet o = { v: V };\n${body}\n}\nexport const s = make();`,
  "its argument": (body) => `function make(o: { v: number }) {\n${body}\n}\nexport const s = make({ v: V });`,
  "an argument in a list": (body) => `export const s = [{ v: V }].map((o) => {\n${body}\n});`,
  "the variable of a loop": (body) =>
    `export const s: unknown[] = [];\nfor (let o of [{ v: V }]) s.push((() => {\n${body}\n})());`,
  "the counter of a loop": (body) =>
    `export const s: unknown[] = [];\nfor (let o = { v: V }; s.length < 1; o = { v: 7 }) s.push((() => {\n${body}\n})());`,
  "what was caught": (body) =>
    `function make() {\ntry { throw { v: V }; } catch (o: any) {\n${body}\n} }\nexport const s = make();`,
  "taken apart": (body) =>
    `function make({ o }: { o: { v: number } }) {\n${body}\n}\nexport const s = make({ o: { v: V } });`,
};

const top = `import { stage } from "sluice";
class Box { #v: unknown; constructor(v: unknown) { this.#v = v; } get() { return this.#v; } }
export const blank = (o: any) => { o.v = 9; };
export const kept: unknown[] = [];
`;

function* sources(v: number): Generator<readonly [what: string, source: string]> {
  for (const [how, [make, ask]] of Object.entries(made)) {
    for (const [becomes, change] of Object.entries(changes)) {
      for (const [from, around] of Object.entries(origins)) {
        for (const [also, used] of [
          ["", ""],
          [", and is asked for too", ", o.v"],
        ] as const) {
          // Somebody else holds on to the variable, so that the engine knows what it holds.
          const body = `${make.replace("X", "o.v")}
kept.push(() => o);
${change.replaceAll("O", "o")}
return stage({}, async () => [${ask}${used}]);`;
          yield [`${how} of ${from} that ${becomes}${also}`, top + around(body).replace("V", String(v))];
        }
      }
    }
  }
}

test("what was made earlier is never taken for what its variables hold now", async () => {
  const named = (v: number) => Object.fromEntries([...sources(v)].map(([, source], i) => [`m${i}.ts`, source]));
  const files = Object.keys(named(3));
  const [three, four] = await Promise.all([3, 4].map((v) => versions(project({ ...named(v) }), files, 0)));
  const stale: string[] = [];
  for (const [i, [what]] of [...sources(3)].entries()) {
    const [before, after] = [only(three!, `m${i}.ts`), only(four!, `m${i}.ts`)];
    expect(before.failure?.reason ?? "captured-variable", what).toBe("captured-variable");
    expect(before.result, what).not.toBe(after.result);
    if (before.digest !== undefined && before.digest === after.digest) stale.push(what);
    // What nobody changes has a version wherever it comes from.
    if (what.includes("that stays")) expect([what, before.failure?.message]).toEqual([what, undefined]);
  }
  expect(stale).toEqual([]);
}, 120_000);
