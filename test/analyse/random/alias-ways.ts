import type { Step } from "./alias-writer.ts";

/** What can have properties. */
export const targets: readonly string[] = [
  "const T: any = {};",
  "function T(): any {}",
  "class T { static m() {} }",
  "class T { m() {} }",
  "const T: any = () => 1;",
  "enum T { A = 1 }",
  "const T: any = [];",
  "const T: any = new (class Q { y = 1 })();",
  "const T: any = Object.create(null);",
  "let T: any = {};",
  "const T: any = class {};",
  "namespace T { export let y = 1 }",
  "const T: any = new Map();",
  "const T: any = function () {};",
  "const T: any = (() => ({ y: 1 }))();",
  "async function T() {}",
  "abstract class T { }",
  "const T: any = Object.freeze([{}])[0];",
  "var T: any = {};",
];

/** Other ways to get at what an expression gives. */
export const aliases: readonly Step[] = [
  (e, w) => {
    const a = w.fresh("a");
    w.before(`const ${a}: any = ${e};`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("l");
    w.before(`const ${a}: any = [${e}];`);
    return w.pick([
      `${a}[0]`,
      `${a}.at(0)`,
      `${a}.find(Boolean)`,
      `[...${a}][0]`,
      `${a}.filter(Boolean)[0]`,
      `${a}.map((q: any) => q)[0]`,
      `${a}.values().next().value`,
      `${a}.slice()[0]`,
      `${a}.concat()[0]`,
      `${a}.reduce((_: any, q: any) => q, 0)`,
      `${a}.pop()`,
      `${a}.flat()[0]`,
      `${a}.toReversed()[0]`,
    ]);
  },
  (e, w) => {
    const a = w.fresh("d");
    w.before(`const [${a}]: any = [${e}];`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("o");
    w.before(`const ${a}: any = { k: ${e} };`);
    return w.pick([
      `${a}.k`,
      `${a}['k']`,
      `Object.values(${a})[0]`,
      `Object.entries(${a})[0][1]`,
      `({ ...${a} }).k`,
      `Reflect.get(${a}, 'k')`,
      `Object.getOwnPropertyDescriptor(${a}, 'k')!.value`,
      `Object.assign({}, ${a}).k`,
      `${a}?.k`,
    ]);
  },
  (e, w) => {
    const a = w.fresh("p");
    w.before(`const { k: ${a} }: any = { k: ${e} };`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("r");
    w.before(`const { ...${a} }: any = { k: ${e} };`);
    return `${a}.k`;
  },
  (e, w) => {
    const a = w.fresh("m");
    w.before(`const ${a} = new Map<any, any>([['k', ${e}]]);`);
    return w.pick([
      `${a}.get('k')`,
      `[...${a}.values()][0]`,
      `[...${a}][0][1]`,
      `Object.fromEntries(${a}).k`,
      `new Map(${a}).get('k')`,
    ]);
  },
  (e, w) => {
    const a = w.fresh("s");
    w.before(`const ${a} = new Set<any>([${e}]);`);
    return w.pick([`[...${a}][0]`, `${a}.values().next().value`, `Array.from(${a})[0]`]);
  },
  (e, w) => {
    const a = w.fresh("w");
    w.before(`const ${a} = new WeakMap<any, any>([[Object, ${e}]]);`);
    return `${a}.get(Object)`;
  },
  (e, w) => {
    const a = w.fresh("g");
    w.before(
      w.pick([
        `function ${a}(): any { return ${e} }`,
        `const ${a}: any = () => ${e};`,
        `const ${a}: any = function () { return ${e} };`,
      ]),
    );
    return `${a}()`;
  },
  (e, w) => {
    const a = w.fresh("h");
    w.before(
      `class ${a} { static ref: any = ${e}; ref: any = ${e}; get r2(): any { return ${e} } give(): any { return ${e} } }`,
    );
    return w.pick([`${a}.ref`, `new ${a}().ref`, `new ${a}().r2`, `new ${a}().give()`, `(class extends ${a} {}).ref`]);
  },
  (e, w) => {
    const a = w.fresh("c");
    w.before(
      `class ${a} { #r: any; constructor(r: any) { this.#r = r } get(): any { return this.#r } }`,
      `const i${a} = new ${a}(${e});`,
    );
    return `i${a}.get()`;
  },
  (e, w) => {
    const a = w.fresh("b");
    w.before(`let ${a}: any;`, `${a} = ${e};`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("q");
    w.before(`const ${a}: any = {};`, `${a}.k = ${e};`);
    return `${a}.k`;
  },
  (e, w) => {
    const a = w.fresh("v");
    w.before(`const ${a}: any[] = [];`, `${a}.push(${e});`);
    return `${a}[0]`;
  },
  (e, w) => {
    const a = w.fresh("x");
    w.before(`const ${a}: any = (() => { const k = ${e}; return { give: () => k, get k() { return k } } })();`);
    return w.pick([`${a}.give()`, `${a}.k`]);
  },
  (e, w) => {
    const a = w.fresh("y");
    w.before(`function* ${a}(): any { yield ${e} }`);
    return w.pick([`[...${a}()][0]`, `${a}().next().value`]);
  },
  (e, w) => {
    const a = w.fresh("z");
    w.before(`const ${a}: any = await Promise.resolve(${e});`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("z");
    w.before(`async function ${a}(): Promise<any> { return [${e}] }`, `const r${a} = await ${a}();`);
    return `r${a}[0]`;
  },
  (e, w) => {
    const a = w.fresh("e");
    w.before(`const ${a}: any = { get k() { return ${e} } };`);
    return `${a}.k`;
  },
  (e, w) => {
    const a = w.fresh("e");
    w.before(`const ${a}: any = new Proxy({} as any, { get: () => ${e} });`);
    return `${a}.k`;
  },
  (e, w) => {
    const a = w.fresh("e");
    w.before(`const ${a}: any = ((q: any) => q).bind(null, ${e});`);
    return `${a}()`;
  },
  (e, w) => {
    const a = w.fresh("e");
    w.before(`function ${a}(q: any = ${e}): any { return q }`);
    return `${a}()`;
  },
  (e, w) => {
    const a = w.fresh("e");
    w.before(`const ${a}: any = (q: any) => q;`);
    return `${a}(${e})`;
  },
  (e, w) => {
    const a = w.fresh("e");
    w.before(`let ${a}: any;`, `try { throw ${e} } catch (err) { ${a} = err }`);
    return a;
  },
  (e) => `(0, ${e})`,
  (e) => `(null ?? ${e})`,
  (e) => `(1 > 0 ? ${e} : 0)`,
  (e, w) => {
    const a = w.fresh("t");
    w.before(`const ${a}: any = (_: any, q: any) => q;`);
    return `${a}\`\${${e}}\``;
  },
  (e, w) => {
    const a = w.fresh("n");
    w.before(`namespace ${a} { export const k: any = ${e} }`);
    return `${a}.k`;
  },
  (e, w) => {
    const a = w.fresh("j");
    w.before(`const ${a} = Symbol();`, `const o${a}: any = { [${a}]: ${e} };`);
    return `o${a}[${a}]`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`const ${a}: any = {};`, `Object.defineProperty(${a}, 'k', { get: () => ${e} });`);
    return `${a}.k`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`function ${a}() {}`, `${a}.k = ${e} as any;`);
    return `${a}.k`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`class ${a} {}`, `(${a}.prototype as any).k = ${e};`);
    return `(new ${a}() as any).k`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`const ${a} = Object.create({ k: ${e} });`);
    return `${a}.k`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`const ${a}: any = { __proto__: { k: ${e} } };`);
    return `${a}.k`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`let ${a}: any = null;`, `function s${a}(q: any) { ${a} = q }`, `s${a}(${e});`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`const ${a}: any = [];`, `const on${a} = (f: any) => { ${a}.push(f) };`, `on${a}(() => ${e});`);
    return `${a}[0]()`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`const ${a} = new WeakRef(${e} as any);`);
    return `(${a}.deref() as any)`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`const ${a}: any = new Error('e', { cause: ${e} });`);
    return `${a}.cause`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`let ${a}: any;`, `for (const q of [${e}]) ${a} = q;`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`let ${a}: any;`, `for (${a} of [${e}]) break;`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`let ${a}: any;`, `({ k: ${a} } = { k: ${e} } as any);`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`let ${a}: any;`, `[${e}].forEach((q: any) => { ${a} = q });`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`let ${a}: any;`, `${a} ??= ${e};`);
    return a;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`const ${a}: any = { set k(q: any) { this.j = q } };`, `${a}.k = ${e};`);
    return `${a}.j`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(
      `const memo${a}: any = new Map();`,
      `function ${a}(): any { if (!memo${a}.has(1)) memo${a}.set(1, ${e}); return memo${a}.get(1) }`,
    );
    return `${a}()`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(
      `class ${a}B { own: any; constructor(q: any) { this.own = q } }`,
      `class ${a} extends ${a}B { constructor() { super(${e}) } }`,
    );
    return `new ${a}().own`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`class ${a} { constructor(public own: any) {} }`);
    return `new ${a}(${e}).own`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`class ${a} { accessor own: any = ${e} }`, `const i${a} = new ${a}();`);
    return `i${a}.own`;
  },
  (e, w) => {
    const a = w.fresh("f");
    w.before(`class ${a} { static own: any; static { this.own = ${e} } }`);
    return `${a}.own`;
  },
];
