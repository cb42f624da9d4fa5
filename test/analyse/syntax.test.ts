import fc from "fast-check";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { normalForm } from "../../src/analyse/syntax/normal-form.ts";
import { parseModule } from "../../src/analyse/syntax/syntax.ts";

/* What is told without asking the parser, or kept from one node to the next, is what the long way tells. */

const pieces = [
  "export function a(b) { return b; }",
  "export async function* generator() {}",
  "export const c = 1, d = c;",
  "export class E { @deco field?: string; static #own = 1; constructor(readonly x: number) {} }",
  "export type { F } from './f.ts';",
  "export interface G { h?(): void }",
  "export enum H { a, b = 'x' }",
  "export default function (i = 1) { return { i, ...i, [i]: i, get j() { return i; } }; }",
  "export * from './k.ts';",
  "export {};",
  "import type { L } from './l.ts';",
  "import M = require('./m.ts');",
  "import './n.ts';",
  "declare function o(): void;",
  "export declare const p: number;",
  "const meta = import.meta.url;",
  "const q = (r?: number): number => (r as number) satisfies number;",
  "label: for (const s of [1, , 2]) { if (s?.t?.(s)) continue label; else break; }",
  "abstract class U<V> extends Array<V> implements W { abstract x(): void; accessor y = 1; }",
  "module.exports = function () { return arguments; };",
  "let z: unique symbol; var za = `b$" + "{z}c`, zb = /d/g, zc = 10n, zd = String.raw`\\n`;",
  "namespace ze { export const zf = 1; }",
  "const { zg: [zh = 1, , ...zi], ...zj } = zk?.(() => { 'use strict'; throw new Error(); });",
  "class zl { #zm; static { this.zn = 1; } async *zo({ zp } = {}) { for await (const zq of zp) delete zq.zr; } }",
];

function parsed(source: string) {
  const module = parseModule("m.ts", source);
  if ("message" in module) throw new Error(module.message);
  return module;
}

describe("syntax", () => {
  test("is a module where the parser says so", () => {
    for (const piece of pieces) {
      const result = parseSync("m.ts", piece, { sourceType: "module", astType: "ts", lang: "ts" });
      if (result.errors.length > 0) continue;
      expect([piece, parsed(piece).isModule]).toEqual([piece, result.module.hasModuleSyntax]);
    }
  });

  test("says of JavaScript what it says of the same text as TypeScript", () => {
    let count = 0;
    for (const piece of pieces) {
      const module = parseModule("m.js", piece);
      if ("message" in module) continue;
      count++;
      expect([piece, module.isModule, normalForm(...module.program.body)]).toEqual([
        piece,
        parsed(piece).isModule,
        normalForm(...parsed(piece).program.body),
      ]);
    }
    expect(count).toBeGreaterThan(10);
  });

  test("has one normal form, whatever was looked at before", () => {
    const forms = new Map(pieces.map((piece) => [piece, normalForm(...parsed(piece).program.body)]));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 40 }), (some) => {
        for (const piece of some) expect(normalForm(...parsed(piece).program.body)).toBe(forms.get(piece));
      }),
      { numRuns: 60 },
    );
  });

  test("writes the fields of a node in order of their names, however they are ordered in it", () => {
    const [node] = parsed("export function a(b) { return b; }").program.body;
    const turned = Object.fromEntries(Object.entries(node!).reverse()) as unknown as typeof node;
    const without = { ...node!, extra: null } as unknown as typeof node;
    expect(normalForm(turned!)).toBe(normalForm(node!));
    expect(normalForm(without!)).toBe(normalForm(node!));
  });
});
