import type { ModuleEdit } from "./random-edits.ts";
import { replaced, textOf } from "./sites.ts";

const isTyped = (text: string): boolean => !text.includes("exports.");

/** Edits that mean the same: no version may move, whatever the program. */
export const noiseEdits: Readonly<Record<string, ModuleEdit>> = {
  comment(text, { expressions, body }, chance) {
    const comment = chance.pick(["/* new */", "/** new\n */", "// new\n"]);
    const at = chance.pick(expressions.length > 0 ? expressions : body);
    // A line break here would end a `return` or a `throw`.
    const inline = comment.includes("\n") ? "/* one line */" : comment;
    return replaced(text, { start: at.start, end: at.start }, inline);
  },
  "comment between statements"(text, { body }, chance) {
    const at = chance.pick(body);
    return replaced(text, { start: at.start, end: at.start }, chance.pick(["\n// new\n", "/** docs */\n", "\n\n\n"]));
  },
  "white space"(text, { body }) {
    return body
      .map((statement) => textOf(text, statement))
      .join("\n\n  ")
      .concat("\n");
  },
  parentheses(text, { literals }, chance) {
    const numbers = literals.filter(
      ({ value, start }) => typeof value === "number" && !/[.[\w]$/.test(text.slice(0, start)),
    );
    if (numbers.length === 0) return undefined;
    const site = chance.pick(numbers);
    return replaced(text, site, ` (${textOf(text, site)})`);
  },
  numbers(text, { literals }, chance) {
    const numbers = literals.filter(({ value }) => typeof value === "number");
    if (numbers.length === 0) return undefined;
    const site = chance.pick(numbers);
    return replaced(
      text,
      site,
      chance.pick([`0x${Number(site.value).toString(16)}`, `${site.value}.0`, `${site.value}e0`]),
    );
  },
  quotes(text, { literals }, chance) {
    const texts = literals.filter(({ value }) => typeof value === "string");
    if (texts.length === 0) return undefined;
    const site = chance.pick(texts);
    return replaced(text, site, `'${site.value}'`);
  },
  type(text, { literals }, chance) {
    if (!isTyped(text)) return undefined;
    const numbers = literals.filter(({ value }) => typeof value === "number");
    if (numbers.length === 0) return undefined;
    const site = chance.pick(numbers);
    return replaced(text, site, `(${textOf(text, site)} as any)`);
  },
  "declared type"(text, _, chance) {
    if (!isTyped(text)) return undefined;
    const type = chance.pick(["interface New { x: number }", "export type New = 1;", "declare const missing: string;"]);
    return chance.often(0.5) ? `${text}\n${type}\n` : `${type}\n${text}`;
  },
  "unrelated declaration"(text, { body }, chance) {
    // Of CommonJS all counts.
    if (!isTyped(text)) return undefined;
    const declaration = chance.pick([
      "function unrelated() { return 1; }",
      "const unrelated = 5;",
      "class Unrelated { x = 1; m() { return this.x; } }",
      "const unrelated = (x) => x * 2;",
      "const unrelated = [1, 2];",
      "const unrelated = { a: new Map([[1, 2]]) };",
    ]);
    const at = chance.pick(body);
    return replaced(text, { start: at.end, end: at.end }, `\n${declaration.replace("(x)", "(x: any)")}`);
  },
  "order of functions"(text, { body }, chance) {
    const functions = body.filter(({ type }) => type === "FunctionDeclaration");
    if (functions.length === 0) return undefined;
    const at = chance.pick(functions);
    return `${replaced(text, at, "")}\n${textOf(text, at)}\n`;
  },
  "order of exports"(text) {
    const list = /export \{ ([^}]+) \};/.exec(text);
    return list ? text.replace(list[1]!, list[1]!.split(", ").reverse().join(", ")) : undefined;
  },
  semicolons(text, { body }, chance) {
    const at = chance.pick(body);
    return replaced(text, { start: at.end, end: at.end }, ";");
  },
};
