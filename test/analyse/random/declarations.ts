import { callThatChanges, change } from "./changes.ts";
import { read } from "./reads.ts";
import type { Kind, Writer } from "./symbols.ts";

/** A statement for the top of a module that declares one name, which the writer can see from then on. */
export interface Declared {
  readonly text: string;
  readonly name: string;
  readonly kind: Kind;
}

type Template = (w: Writer, name: string) => readonly [kind: Kind, text: string];

const value = (w: Writer): string => syncRead(w);

/** What can stand where nothing is awaited. */
export function syncRead(w: Writer): string {
  return read(w).replaceAll("await ", "");
}

const body = (w: Writer): string => {
  if (w.chance.often(0.25)) {
    const statement = change(w);
    if (statement && !/\bawait\b/.test(statement)) return `${statement} return ${value(w)};`;
  }
  return w.one(
    () => `return ${value(w)};`,
    () => `const local = ${value(w)}; return [local, x];`,
    () => `if (x > ${w.number()}) return ${value(w)}; return x;`,
    () => `try { return ${value(w)}; } catch { return ${w.number()}; }`,
    () => `let sum = x; for (let i = 0; i < 3; i++) sum += i * ${w.number()}; return [sum, ${value(w)}];`,
    () =>
      `outer: for (const i of [1, 2, 3]) { for (const j of [1, 2]) if (i * j === ${w.number()}) break outer; else x += j; } return x;`,
    () => `switch (x) { case ${w.number()}: return ${value(w)}; default: return ${w.text()}; }`,
  );
};

const templates: readonly Template[] = [
  (w, n) => ["number", `const ${n} = ${w.number()};`],
  (w, n) => ["number", `const ${n}: any = ${value(w)};`],
  (w, n) => ["number", `const { v: ${n} = ${w.number()} }: any = { ${w.chance.pick(["v", "u"])}: ${value(w)} };`],
  (w, n) => ["number", `const [, ${n}]: any[] = [0, ${value(w)}];`],
  (w, n) => [
    "number",
    `const ${n}: any = (() => { const list = [${w.number()}]; list.push(${w.number()}); return list.join(); })();`,
  ],
  (w, n) => ["variable", `let ${n}: any = ${value(w)};`],
  (w, n) => ["variable", `var ${n}: any = ${w.number()};`],
  (w, n) => ["object", `const ${n}: any = { a: ${w.number()}, b: ${value(w)}, nested: { list: [${w.number()}] } };`],
  (w, n) => [
    "object",
    `const ${n}: any = { get a() { return ${value(w)}; }, ["b"]: ${w.number()}, c() { return this.b; } };`,
  ],
  (w, n) => ["object", `const ${n}: any = Object.freeze({ a: ${w.number()}, b: ${value(w)} });`],
  (w, n) => [
    "object",
    `const ${n}: any = new Proxy({ a: ${w.number()} } as any, { get: (t, k) => (k in t ? t[k] : ${w.number()}) });`,
  ],
  (w, n) => ["object", `const ${n}: any = structuredClone({ a: ${w.number()}, c: ${w.number()} });`],
  (w, n) => ["array", `const ${n}: any[] = [${w.number()}, ${w.number()}, ${value(w)}];`],
  (w, n) => ["array", `const ${n}: any[] = [${w.number()}, ${w.number()}].map((x) => [x, ${value(w)}]);`],
  (w, n) => ["array", `const ${n}: any[] = Array.from({ length: ${w.number()} }, (_, i) => i * ${w.number()});`],
  (w, n) => ["map", `const ${n} = new Map<any, any>([["p", ${w.number()}], ["q", ${value(w)}]]);`],
  (w, n) => ["set", `const ${n} = new Set<any>([${w.number()}, ${w.number()}]);`],
  (w, n) => ["function", `function ${n}(x: any = ${w.number()}): any { ${body(w)} }`],
  (w, n) => ["function", `function ${n}(x: any): any { ${body(w)} }`],
  (w, n) => ["function", `const ${n} = (x: any): any => ${value(w)};`],
  (w, n) => ["function", `const ${n} = ((k: any) => (x: any): any => [x, k, ${value(w)}])(${w.number()});`],
  (w, n) => ["function", `const ${n} = function (x: any): any { ${body(w)} };`],
  (w, n) => ["function", `function ${n}(this: any, ...x: any[]): any { return [x[0], ${value(w)}]; }`],
  (w, n) => [
    "function",
    `const ${n} = (() => { let calls = ${w.number()}; return (x: any): any => [calls++, x]; })();`,
  ],
  (w, n) => ["async", `async function ${n}(x: any): Promise<any> { ${body(w)} }`],
  (w, n) => ["async", `const ${n} = async (x: any): Promise<any> => [await x, ${value(w)}];`],
  (w, n) => ["generator", `function* ${n}(x: any): any { yield x; yield ${value(w)}; ${effect(w)} }`],
  (w, n) => ["class", classOf(w, n)],
  (w, n) => ["class", classOf(w, n)],
  (w, n) => [
    "instance",
    `const ${n} = new (class { kept: any = ${value(w)}; total(x: any) { return [x, this.kept]; } get view() { return ${value(w)}; } keep(x: any) { this.kept = x; return x; } })();`,
  ],
  (w, n) => ["enum", `enum ${n} { A = ${w.number()}, B = A + ${w.number()} }`],
  (w, n) => ["object", `namespace ${n} { export let a: any = ${value(w)}; export const b = ${w.number()}; }`],
  (w, n) => [
    "tag",
    `function ${n}(strings: any, ...values: any[]): any { ${effectOn(w, "values[0]")} return [strings.raw, values.length, ${value(w)}]; }`,
  ],
  (_w, n) => [
    "registry",
    `const ${n} = { items: {} as any, add(k: any, v: any) { this.items[k] = v; return this; }, get(k: any, v?: any): any { if (v !== undefined) this.items[k] = v; return this.items[k]; }, map(v?: any): any { if (v) this.items.mapped = v; return Object.keys(this.items); } };`,
  ],
  (w, n) => ["object", `const ${n}: any = { get a() { ${effect(w)} return ${value(w)}; }, b: ${w.number()} };`],
  (w, n) => ["object", `const { nested: ${n} }: any = { nested: { a: ${value(w)} } };`],
  (w, n) => ["object", `const ${n}: any = ${w.some("object") ?? "{}"};`],
  (w, n) => ["array", `const ${n}: any[] = ${w.some("array") ?? "[1]"};`],
  (w, n) => ["function", `const ${n} = (x: any): any => ${w.some("object", "array") ?? "x"};`],
  (w, n) => ["filler", `function ${n}(target: any): any { ${effectOn(w, "target")} return target; }`],
  (w, n) => [
    "filler",
    `const ${n} = (target: any, ...more: any[]): any => Object.assign(target, { ${w.key()}: ${w.number()} }, ...more);`,
  ],
  (w, n) => [
    "filler",
    `const ${n}: any = (target: any) => { const inner = target; [1].forEach(() => { inner.${w.key()} = ${w.number()}; }); };`,
  ],
  (w, n) => [
    "tag",
    `const ${n}: any = (strings: any, target: any) => { if (target) target.${w.key()} = ${w.number()}; return strings[0]; };`,
  ],
];

function effect(w: Writer): string {
  const statement = w.chance.often(0.5) ? change(w) : undefined;
  return statement && !/\bawait\b/.test(statement) ? statement : "";
}

function effectOn(w: Writer, target: string): string {
  return w.one(
    () => `if (${target}) ${target}.${w.key()} = ${w.number()};`,
    () => `Object.assign(${target} ?? {}, { ${w.key()}: ${w.number()} });`,
    () => `${target}?.push?.(${w.number()});`,
    () => effect(w),
  );
}

function classOf(w: Writer, name: string): string {
  const parent = w.some("class");
  const derived = parent !== undefined && w.chance.often(0.4);
  const members = [
    () => `kept: any = ${value(w)};`,
    () => `static count: any = ${value(w)};`,
    () => `static all: any[] = [${w.number()}];`,
    () => `static { ${effect(w)} this.prototype.total.toString(); }`,
    () => `static { (this as any).count = ${value(w)}; }`,
    () => `#secret: any = ${w.number()}; peek() { return this.#secret; }`,
    () => `accessor hidden: any = ${w.number()};`,
    () => `get view(): any { return [${value(w)}, (this as any).kept]; }`,
    () => `*[Symbol.iterator](): any { yield ${value(w)}; }`,
    () => `static make(x: any) { return new this(x); }`,
    () => `[${w.text()}](x: any) { return ${value(w)}; }`,
  ];
  const chosen = w.chance.shuffled(members).slice(0, w.chance.between(1, 5));
  const constructing = derived
    ? `constructor(x: any) { super(x); ${effect(w)} }`
    : w.chance.often(0.3)
      ? `constructor(public x: any) { ${effect(w)} }`
      : `x: any; constructor(x: any) { this.x = x; ${effect(w)} }`;
  const decorator = w.chance.often(0.15) ? `@((c: any, _: any) => { c.marked = ${value(w)}; }) ` : "";
  return `${decorator}class ${name}${derived ? ` extends ${parent}` : ""} { ${constructing} ${chosen.map((each) => each()).join(" ")} total(x: any): any { return ${derived && w.chance.often(0.5) ? "[super.total(x), this.x]" : `[x, this.x, ${value(w)}]`}; } }`;
}

/** Declares something new. */
export function declare(w: Writer): Declared {
  const name = w.fresh("n");
  const variable = w.names("variable").filter((each) => each.name.includes(w.prefix));
  if (variable.length > 0 && w.chance.often(0.12)) {
    const set = w.chance.pick(variable).name;
    const text = w.one(
      () => `function ${name}(x: any) { ${set} = x; return ${set}; }`,
      () => `const ${name} = (x: any): any => (${set} += x);`,
      () => `const ${name} = (x: any): any => { ({ v: ${set} } = { v: [x] }); };`,
    );
    return { text, name, kind: "setter" };
  }
  const [kind, text] = w.chance.pick(templates)(w, name);
  return { text, name, kind };
}

/** A statement that does something when the module loads. */
export function act(w: Writer): string | undefined {
  return w.chance.often(0.3) ? callThatChanges(w) : change(w);
}
