import { expect, test } from "vitest";
import { changedMembers } from "../../src/analyse/syntax/class-members.ts";

const whole = `export class Money {
  cents: number = 0;
  static zero = new Money();
  constructor(readonly cents2 = 0) {}
  get euros() { return this.cents / 100; }
  set euros(euros: number) { this.cents = euros * 100; }
  text(): string { return "$" + this.cents; }
  static of(cents: number) { return new Money(cents); }
  of() { return this; }
  [Symbol.iterator]() { return [].values(); }
  #secret() { return 1; }
  static { console.log(1); }
}`;

test.each([
  ["text", '"$" +', '"EUR " +'],
  ["euros", "euros * 100", "euros * 101"],
  ["static of", "return new Money(cents)", "return new Money(-cents)"],
  ["of", "return this;", "return [this];"],
  ["[Symbol.iterator]", "[].values()", "[1].values()"],
  ["#secret", "return 1", "return 2"],
  ["static block", "console.log(1)", "console.log(2)"],
  ["constructor", "cents2 = 0", "cents2 = 1"],
  ["cents", "cents: number = 0", "cents: number = 1"],
])("a change of %s is told by its name", (name, from, to) => {
  expect(changedMembers("m.ts", whole, whole.replace(from, to))).toEqual([name]);
});

test("members that come and go are among those that changed", () => {
  expect(changedMembers("m.ts", "class A { b() {} c() {} }", "class A { c() {} d() {} }")).toEqual(["d", "b"]);
});

test.each([
  ["types, comments and white space", whole, whole.replace("(): string {", "() /* x */ {").replace("= 0;", "=  0;")],
  ["what it extends", "class A { b() {} }", "class A extends Error { b() { return 1; } }"],
  ["its name", "class A { b() {} }", "class B { b() { return 1; } }"],
  ["what is no class", "const a = { b() {} };", "const a = { b() { return 1; } };"],
  ["what cannot be parsed", "class A { b( }", "class A { b() { return 1; } }"],
  ["what is more than a class", "class A { b() {} }\nA.c = 1;", "class A { b() { return 1; } }\nA.c = 1;"],
])("of %s no member is named", (_, before, after) => {
  expect(changedMembers("m.ts", before, after)).toEqual([]);
});

test.each(["export default class { ", "const A = class { ", "abstract class A<T> implements B { ", "(class { "])(
  "%s is a class",
  (head) => {
    const tail = head.startsWith("(") ? " })" : " }";
    expect(changedMembers("m.ts", `${head}b() {}${tail}`, `${head}b() { return 1; }${tail}`)).toEqual(["b"]);
  },
);
