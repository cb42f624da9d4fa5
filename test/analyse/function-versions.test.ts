import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createAnalyser } from "../../src/analyse/analyser.ts";
import { functionSite } from "../../src/analyse/captured/function-site.ts";
import { MemoryDerived, notLoaded, Project } from "./project.ts";

/* Functions that are versioned as values, all by one name. */

type Exports = Readonly<Record<string, unknown>>;

/** The versions of values that are made of what a module exports. */
function versionsOf(source: string, valuesOf = (exports: Exports): Exports => exports): Record<string, string> {
  const project = new Project({ "package.json": '{"type":"module"}', "m.mjs": source });
  try {
    const file = project.path("m.mjs");
    const exports = createRequire(import.meta.url)(file) as Exports;
    const analyser = createAnalyser({ root: project.root, modules: notLoaded(file), derived: new MemoryDerived() });
    const versions = Object.entries(valuesOf(exports)).map(([name, value]) => {
      const site = typeof value === "function" ? functionSite(value as () => unknown) : () => [];
      return [name, analyser.versionOfValue(value, site, { name: "it" }).digest];
    });
    return Object.fromEntries(versions);
  } finally {
    project.remove();
  }
}

test("what is not the same function, or is held in another way, has another version", () => {
  const versions = versionsOf(
    `export function a(x) { return b(x); }
     export function b(x) { return a(x); }
     export const it = (x) => x;
     export function plain(x) { return x; }
     export class Plain { static of(x) { return x; } }
     export const noted = Object.assign((x) => x, { note: 1 });
     const make = (y) => (x) => x + y;
     export const [one, two] = [make(1), make(2)];`,
    (exports) => {
      const plain = exports.plain as (...args: unknown[]) => unknown;
      return {
        ...exports,
        bound: plain.bind(null),
        boundTo: plain.bind(null, 1),
        listed: [plain],
        twice: [plain, plain],
        held: { plain },
        builtIn: Math.max,
        other: Math.min,
      };
    },
  );
  expect(new Set(Object.values(versions)).size).toBe(Object.keys(versions).length);
  expect(Object.keys(versions)).toHaveLength(15);
});

const bodies = fc.array(fc.array(fc.nat(5), { maxLength: 3 }), { minLength: 2, maxLength: 6 });

/** Functions that call one another, each with a number of its own. */
function program(calls: readonly (readonly number[])[], edited: number): string {
  const called = (index: number): number => index % calls.length;
  return calls
    .map((others, i) => {
      const sum = [i === edited ? `${i}.5` : i, ...others.map((other) => `n${called(other)}(depth - 1)`)];
      return `export function n${i}(depth) { return depth < 0 ? 0 : ${sum.join(" + ")}; }\n`;
    })
    .join("");
}

test("an edit moves the versions of the functions that reach it, and of no others", () => {
  fc.assert(
    fc.property(bodies, fc.nat(5), (calls, at) => {
      const edited = at % calls.length;
      const [before, after] = [versionsOf(program(calls, -1)), versionsOf(program(calls, edited))];
      expect(new Set([...Object.values(before), ...Object.values(after)]).size).toBe(
        calls.length + calls.filter((_, i) => reaches(calls, i, edited)).length,
      );
      for (const [i] of calls.entries())
        expect([i, before[`n${i}`] !== after[`n${i}`]]).toEqual([i, reaches(calls, i, edited)]);
    }),
    { numRuns: 40 },
  );
});

function reaches(calls: readonly (readonly number[])[], from: number, to: number): boolean {
  const reached = new Set([from]);
  for (const at of reached) for (const other of calls[at]!) reached.add(other % calls.length);
  return reached.has(to);
}
