import { one, type Step } from "./alias-writer.ts";

/** Ways to give what an expression gives a property `x`. */
export const changes: readonly Step[] = [
  (e) => `${e}.x = ${one};`,
  (e) => `(${e} as any)['x'] = ${one};`,
  (e) => `Object.assign(${e}, { x: ${one} });`,
  (e) => `Object.defineProperty(${e}, 'x', { value: ${one}, configurable: true, enumerable: true, writable: true });`,
  (e) =>
    `Object.defineProperties(${e}, { x: { value: ${one}, configurable: true, enumerable: true, writable: true } });`,
  (e) => `Reflect.set(${e}, 'x', ${one});`,
  (e) => `Reflect.defineProperty(${e}, 'x', { value: ${one}, configurable: true });`,
  (e) => `((q: any) => { q.x = ${one} })(${e});`,
  (e) => `${e}.x ??= ${one};`,
  (e) => `[${e}.x] = [${one}];`,
  (e) => `({ a: ${e}.x } = { a: ${one} });`,
  (e) => `for (${e}.x of [${one}]) ;`,
  (e, w) => {
    const f = w.fresh("put");
    w.before(`function ${f}(q: any, v: any) { q.x = v }`);
    return w.pick([
      `${f}(${e}, ${one});`,
      `${f}.call(null, ${e}, ${one});`,
      `${f}.apply(null, [${e}, ${one}]);`,
      `Reflect.apply(${f}, null, [${e}, ${one}]);`,
      `${f}.bind(null, ${e})(${one});`,
      `[${e}].forEach((q) => ${f}(q, ${one}));`,
      `const z${f} = ${f}(${e}, ${one});`,
      `void ${f}(${e}, ${one});`,
      `true && ${f}(${e}, ${one});`,
      `(0, ${f})(${e}, ${one});`,
      `await ${f}(${e}, ${one});`,
      `${f}?.(${e}, ${one});`,
      `new (${f} as any)(${e}, ${one});`,
      `[${e}].map((q) => ${f}(q, ${one}));`,
      `const z${f} = [${e}].map((q: any) => ${f}(q, ${one}));`,
    ]);
  },
  (e, w) => {
    const f = w.fresh("put");
    w.before(`function ${f}(q: any) { q.x = ${one} }`);
    return w.pick([
      `[${e}].forEach(${f});`,
      `const z${f} = [${e}].map(${f});`,
      `Array.from([${e}], ${f});`,
      `await Promise.resolve(${e}).then(${f});`,
      `const z${f} = [${e}].some(${f});`,
      `new Set([${e}]).forEach(${f});`,
      `new Map([[1, ${e}]]).forEach(${f});`,
    ]);
  },
  (e, w) => {
    const f = w.fresh("Put");
    w.before(
      `class ${f} { constructor(q: any) { q.x = ${one} } static s(q: any) { q.x = ${one} } m(q: any) { q.x = ${one} } get(q: any) { q.x = ${one} } map = (q: any) => { q.x = ${one} } }`,
    );
    return w.pick([`new ${f}(${e});`, `${f}.s(${e});`, `const z${f} = new ${f}(${e});`]);
  },
  (e, w) => {
    const f = w.fresh("Put");
    w.before(`class ${f} { m(q: any) { q.x = ${one} } }`, `const i${f}: any = new ${f}();`);
    return w.pick([`i${f}.m(${e});`, `const z${f} = i${f}.m(${e});`, `const { m: m${f} } = i${f}; m${f}(${e});`]);
  },
  (e, w) => {
    const f = w.fresh("Put");
    w.before(`class ${f} { get(q: any) { q.x = ${one}; return q } }`, `const i${f}: any = new ${f}();`);
    return w.pick([
      `i${f}.get(${e});`,
      `const z${f} = i${f}.get(${e});`,
      `[i${f}][0].get(${e});`,
      `const z${f} = [i${f}][0].get(${e});`,
    ]);
  },
  (e, w) => {
    const f = w.fresh("set");
    w.before(`const ${f}: any = { set v(q: any) { q.x = ${one} } };`);
    return `${f}.v = ${e};`;
  },
  (e, w) => {
    const f = w.fresh("tag");
    w.before(`const ${f}: any = (_: any, q: any) => { q.x = ${one} };`);
    return `${f}\`\${${e}}\`;`;
  },
  (e, w) => {
    const f = w.fresh("me");
    w.before(`function ${f}(this: any) { this.x = ${one} }`);
    return w.pick([
      `${f}.call(${e});`,
      `${f}.bind(${e})();`,
      `Reflect.apply(${f}, ${e}, []);`,
      `${e}.meth = ${f}; ${e}.meth();`,
    ]);
  },
  (e, w) => {
    const f = w.fresh("gen");
    w.before(`function* ${f}(q: any) { q.x = ${one}; yield 1 }`);
    return w.pick([
      `for (const _ of ${f}(${e})) ;`,
      `[...${f}(${e})];`,
      `const z${f} = [...${f}(${e})];`,
      `const [z${f}] = ${f}(${e});`,
    ]);
  },
  (e, w) => {
    const f = w.fresh("cur");
    w.before(`const ${f} = (q: any) => (v: any) => { q.x = v };`);
    return `${f}(${e})(${one});`;
  },
  (e, w) => {
    const f = w.fresh("dec");
    w.before(`const ${f} = (q: any) => (_: any, __: any) => { q.x = ${one} };`);
    return `@${f}(${e}) class K${f} {}`;
  },
  (e) => `Object.entries({ x: ${one} }).forEach(([k, v]) => { ${e}[k] = v; });`,
  (e) => `for (const k in { x: 1 }) ${e}[k] = ${one};`,
  (e) => `{ const q: any = ${e}; q.x = ${one}; }`,
  (e) => `{ const { ...q } = { t: ${e} } as any; q.t.x = ${one}; }`,
  (e) => `[${e}].forEach((q: any) => { q.x = ${one}; });`,
  (e) => `switch (1 as number) { case 1: ${e}.x = ${one}; }`,
  (e) => `lab: { ${e}.x = ${one}; break lab; }`,
  (e) => `do { ${e}.x = ${one}; } while (false);`,
  (e) => `if (${e}.x = ${one}) ;`,
  (e, w) => `const z${w.fresh("q")} = (${e}.x = ${one});`,
  (e) => `[1].sort(() => 0), ${e}.x = ${one};`,
  (e, w) => {
    const f = w.fresh("str");
    w.before(`const ${f}: any = { toString() { ${e}.x = ${one}; return '' } };`);
    return w.pick([
      `\`\${${f}}\`;`,
      `const z${f} = '' + ${f};`,
      `String(${f});`,
      `({} as any)[${f}];`,
      `[${f}].join();`,
    ]);
  },
  (e, w) => {
    const f = w.fresh("it");
    w.before(`const ${f}: any = { *[Symbol.iterator]() { ${e}.x = ${one}; yield 1 } };`);
    return w.pick([
      `for (const _ of ${f}) ;`,
      `const z${f} = [...${f}];`,
      `new Set(${f});`,
      `Array.from(${f});`,
      `const [z${f}] = ${f};`,
      `Math.max(...${f});`,
      `Object.fromEntries([[1, ...${f}]]);`,
    ]);
  },
  (e, w) => {
    const f = w.fresh("th");
    w.before(`const ${f}: any = { then(ok: any) { ${e}.x = ${one}; ok() } };`);
    return `await ${f};`;
  },
  (e, w) => {
    const f = w.fresh("js");
    w.before(`const ${f}: any = { toJSON() { ${e}.x = ${one}; return 1 } };`);
    return `JSON.stringify(${f});`;
  },
  (e, w) => {
    const f = w.fresh("px");
    w.before(
      `const ${f}: any = new Proxy({}, { get() { ${e}.x = ${one}; return 1 }, has() { ${e}.x = ${one}; return true }, ownKeys() { ${e}.x = ${one}; return [] } });`,
    );
    return w.pick([
      `${f}.any;`,
      `'any' in ${f};`,
      `Object.keys(${f});`,
      `const z${f} = { ...${f} };`,
      `const { any: z${f} } = ${f};`,
    ]);
  },
  (e, w) => {
    const f = w.fresh("ex");
    w.before(`const ${f} = (B: any) => { ${e}.x = ${one}; return B };`);
    return `class K${f} extends ${f}(Object) {}`;
  },
  (e, w) => `class ${w.fresh("K")} { static { ${e}.x = ${one}; } }`,
  (e, w) => `class ${w.fresh("K")} { static y = (${e}.x = ${one}); }`,
  (e, w) => `class ${w.fresh("K")} { [(${e}.x = ${one}, 'k')]() {} }`,
  (e, w) => {
    const k = w.fresh("K");
    return `class ${k} { y = (${e}.x = ${one}); }\nnew ${k}();`;
  },
  (e, w) => `namespace ${w.fresh("N")} { ${e}.x = ${one}; export const q = 1 }`,
  (e, w) => `enum ${w.fresh("E")} { A = (${e}.x = ${one}) }`,
  (e, w) => {
    const f = w.fresh("disp");
    w.before(`const ${f} = () => ({ [Symbol.dispose]() { ${e}.x = ${one} } });`);
    return `{ using r = ${f}(); }`;
  },
];

/** Where statements can stand so that they run as their module loads. */
export const places: readonly Step[] = [
  (b) => b,
  (b) => b,
  (b) => b,
  (b, w) => {
    const f = w.fresh("setup");
    return `async function ${f}() { ${b} }\nawait ${f}();`;
  },
  (b, w) => {
    const f = w.fresh("setup");
    return `async function ${f}i() { ${b} }\nasync function ${f}() { return ${f}i() }\nconst z${f} = await ${f}();`;
  },
  (b) => `await (async () => { ${b} })();`,
  (b) => `if (1 > 0) { ${b} }`,
  (b) => `try { ${b} } finally { }`,
  (b, w) => `const z${w.fresh("z")} = await (async () => { ${b} return 1 })();`,
  (b, w) => {
    const f = w.fresh("o");
    return `const ${f} = { async run() { ${b} } };\nawait ${f}.run();`;
  },
  (b, w) => {
    const f = w.fresh("C");
    return `class ${f} { async run() { ${b} } static async go() { await new this().run() } }\nawait ${f}.go();`;
  },
  (b, w) => {
    const f = w.fresh("l");
    return `const ${f} = [async () => { ${b} }];\nfor (const f of ${f}) await f();`;
  },
  (b, w) => {
    const f = w.fresh("l");
    return `const ${f} = { get: async () => { ${b} } };\nawait ${f}.get();`;
  },
  (b, w) => {
    const f = w.fresh("l");
    return `const ${f} = { get: async () => { ${b} } };\nconst z${f} = await ${f}.get();`;
  },
  (b, w) => {
    const f = w.fresh("l");
    return `const ${f}: any = new Map([['k', async () => { ${b} }]]);\nconst z${f} = await ${f}.get('k')();`;
  },
];
