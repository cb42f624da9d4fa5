import { read } from "./reads.ts";
import type { Writer } from "./symbols.ts";

/** A statement that changes something that the module can see; undefined where there is nothing of the kind. */
export function change(w: Writer): string | undefined {
  for (let tries = 0; tries < 4; tries++) {
    const target = w.chance.pick(["variable", "object", "array", "collection", "class", "call"] as const);
    const made = changeOf(w, target);
    if (made !== undefined) return made;
  }
  return undefined;
}

function changeOf(
  w: Writer,
  target: "variable" | "object" | "array" | "collection" | "class" | "call",
): string | undefined {
  switch (target) {
    case "variable": {
      const name = w.some("variable");
      // What is imported cannot be assigned: it goes through a setter.
      return name?.includes(w.prefix) ? changeVariable(w, name) : undefined;
    }
    case "object": {
      const name = w.some("object");
      return name && changeObject(w, name);
    }
    case "array": {
      const name = w.some("array");
      return name && changeArray(w, name);
    }
    case "collection": {
      const map = w.some("map");
      const set = w.some("set");
      if (map && w.chance.often(0.6)) return changeMap(w, map);
      return (
        set &&
        w.one(
          () => `${set}.add(${w.number()});`,
          () => `${set}.delete(${w.number()});`,
        )
      );
    }
    case "class": {
      const name = w.some("class");
      return name && changeClass(w, name);
    }
    case "call":
      return callThatChanges(w);
  }
}

function changeVariable(w: Writer, x: string): string {
  const n = w.number();
  return w.one(
    () => `${x} = ${n};`,
    () => `${x} += ${n};`,
    () => `${x}++;`,
    () => `[${x}] = [${n}];`,
    () => `({ v: ${x} = ${n} } = { v: ${n} });`,
    () => `for (let i = 0; i < ${n}; i++) ${x} += i;`,
    () => `for (${x} of [${n}, ${w.number()}]) ;`,
    () => `${x} ||= ${n};`,
    () => `${x} = ${read(w).replaceAll("await ", "")} as any;`,
    () => `outer: for (let i = 0; i < 3; i++) { for (let j = 0; j < 3; j++) { if (j === 1) continue outer; ${x}++; } }`,
    () => `try { throw ${n}; } catch (error) { ${x} = error as any; } finally { ${x} = [${x}] as any; }`,
    () => `switch (${n} % 2) { case 0: ${x} = ${n}; break; default: ${x} = -${n}; }`,
    () => `if (${x} !== ${n}) ${x} = ${n};`,
    () => `(() => { ${x} = ${n}; })();`,
    () => `[${n}].forEach((v) => { ${x} += v; });`,
    () => `\`\${{ toString() { ${x} = ${n}; return ""; } }}\`;`,
    () => `({ get tick() { ${x} = ${n}; return 1; } }).tick;`,
    () => `new (class { constructor() { ${x} = ${n}; } })();`,
    () => `(${x} as any) = ${n};`,
    () => `await Promise.resolve().then(() => { ${x} = ${n}; });`,
  );
}

/** Ways to change an object through another name for it. */
function alias(w: Writer, target: string): string {
  const local = w.fresh("al");
  return w.one(
    () => `const ${local}: any = ${target}; ${local}.${w.key()} = ${w.number()};`,
    () => `const { ref: ${local} }: any = { ref: ${target} }; ${local}.${w.key()} = ${w.number()};`,
    () => `const [${local}]: any[] = [${target}]; ${local}.${w.key()} = ${w.number()};`,
    () => `const ${local}: any = { ref: ${target} }; ${local}.ref.${w.key()} = ${w.number()};`,
    () => `const ${local} = () => ${target} as any; ${local}().${w.key()} = ${w.number()};`,
    () => `for (const ${local} of [${target}] as any[]) ${local}.${w.key()} = ${w.number()};`,
    () => `[${target} as any].forEach((${local}) => { ${local}.${w.key()} = ${w.number()}; });`,
    () => `const ${local} = new Map([[1, ${target} as any]]); ${local}.get(1)!.${w.key()} = ${w.number()};`,
    () => `const ${local}: any = new Proxy(${target} as any, {}); ${local}.${w.key()} = ${w.number()};`,
    () => `const ${local}: any = true ? ${target} : {}; ${local}.${w.key()} = ${w.number()};`,
    () => `(${target} as any ?? {}).${w.key()} = ${w.number()};`,
    () => `const ${local} = (x = ${target} as any) => { x.${w.key()} = ${w.number()}; }; ${local}();`,
    () => `const ${local} = { it: ${target} as any, go() { this.it.${w.key()} = ${w.number()}; } }; ${local}.go();`,
    () => `class ${local} { static it: any = ${target}; static { this.it.${w.key()} = ${w.number()}; } }`,
    () =>
      `class ${local} { it: any = ${target}; constructor() { this.it.${w.key()} = ${w.number()}; } }\nnew ${local}();`,
  );
}

function changeObject(w: Writer, o: string): string {
  const n = w.number();
  const k = w.key();
  return w.one(
    () => `${o}.${k} = ${n};`,
    () => `(${o} as any)["${k}"] = ${n};`,
    () => `delete (${o} as any).${k};`,
    () => `Object.assign(${o}, { ${k}: ${n} });`,
    () => `Object.defineProperty(${o}, "${k}", { value: ${n}, enumerable: true, configurable: true, writable: true });`,
    () => `Reflect.set(${o}, "${k}", ${n});`,
    () => `(${o} as any).${k} ??= ${n};`,
    () => `(${o} as any).${k}++;`,
    () => `((${o} as any).nested ??= { list: [] }).list.push(${n});`,
    () => `Object.setPrototypeOf(${o}, { ${k}: ${n} });`,
    () => `[(${o} as any).${k}] = [${n}];`,
    () => `({ v: (${o} as any).${k} } = { v: ${n} });`,
    () => `for ((${o} as any).${k} of [${n}]) ;`,
    () => `Object.entries({ ${k}: ${n} }).forEach(([key, value]) => { (${o} as any)[key] = value; });`,
    () => `((x: any) => { x.${k} = ${n}; })(${o});`,
    () => `(function (this: any) { this.${k} = ${n}; }).call(${o});`,
    () => `(function (this: any) { this.${k} = ${n}; }).bind(${o})();`,
    () => `Reflect.apply(function (this: any) { this.${k} = ${n}; }, ${o}, []);`,
    () => `Object.freeze(${o});`,
    () => `JSON.stringify({ toJSON() { (${o} as any).${k} = ${n}; } });`,
    () => `const ${w.fresh("v")} = +({ valueOf() { (${o} as any).${k} = ${n}; return 1; } } as any);`,
    () => `const { tick: ${w.fresh("v")} } = { get tick() { return ((${o} as any).${k} = ${n}); } };`,
    () => `const ${w.fresh("v")} = { ...{ get tick() { return ((${o} as any).${k} = ${n}); } } };`,
    () => `const ${w.fresh("v")} = { [((${o} as any).${k} = ${n})]: 1 };`,
    () => `const ${w.fresh("v")} = [...(function* () { yield ((${o} as any).${k} = ${n}); })()];`,
    () => `const ${w.fresh("v")} = [2, 1].sort((x, y) => { (${o} as any).${k} = ${n}; return x - y; });`,
    () => `const ${w.fresh("v")} = "x".replace(/x/, () => { (${o} as any).${k} = ${n}; return ""; });`,
    () => `const ${w.fresh("v")} = Array.from({ length: 1 }, () => { (${o} as any).${k} = ${n}; });`,
    () => `(({ set it(v: any) { (${o} as any).${k} = v; } }) as any).it = ${n};`,
    () => `new Proxy({} as any, { get() { (${o} as any).${k} = ${n}; } }).anything;`,
    () => `"k" in new Proxy({} as any, { has() { (${o} as any).${k} = ${n}; return true; } });`,
    () => `({} as any) instanceof ({ [Symbol.hasInstance]() { (${o} as any).${k} = ${n}; return true; } } as any);`,
    () => `for (const _ of { *[Symbol.iterator]() { (${o} as any).${k} = ${n}; yield 1; } }) ;`,
    () => `await { then(done: any) { (${o} as any).${k} = ${n}; done(); } };`,
    () => `class ${w.fresh("K")} extends (((${o} as any).${k} = ${n}), Object) {}`,
    () => `class ${w.fresh("K")} { static x = ((${o} as any).${k} = ${n}); }`,
    () => `class ${w.fresh("K")} { [((${o} as any).${k} = ${n}, "m")]() {} }`,
    () => `if (((${o} as any).${k} = ${n})) ;`,
    () => `const ${w.fresh("v")} = ((${o} as any).${k} = ${n}) && 1;`,
    () => `(${w.some("array") ?? "[1]"} as any[]).forEach(() => Object.assign(${o}, { ${k}: ${n} }));`,
    () => `const ${w.fresh("v")} = (${w.some("array") ?? "[1]"} as any[]).map(() => Reflect.set(${o}, "${k}", ${n}));`,
    () => `[${o}].forEach(${w.some("filler", "function") ?? "String"} as any);`,
    () => `[${o}].forEach(({ go(x: any) { x.${k} = ${n}; } }).go);`,
    () => kept(w, o),
    () => implied(w, o),
    () => implied(w, o),
    () => implied(w, o),
    () => alias(w, o),
    () => alias(w, o),
    () => alias(w, o),
  );
}

/** Ways to change an object by a function that something keeps, and that is called later. */
function kept(w: Writer, o: string): string {
  const local = w.fresh("k");
  const fn = `(x: any) => Object.assign(${o}, { ${w.key()}: x })`;
  return w.one(
    () => `const ${local} = ((f: any) => f)(${fn}); ${local}(${w.number()});`,
    () => `const ${local} = ((f: any) => ({ f }))(${fn}); ${local}.f(${w.number()});`,
    () => `const ${local}: any[] = []; ${local}.push(${fn}); for (const f of ${local}) f(${w.number()});`,
    () => `const ${local} = new Map([["f", ${fn}]]); ${local}.get("f")!(${w.number()});`,
    () => `const ${local} = (f: any) => f; ${local}(${fn})(${w.number()});`,
    () =>
      `class ${local} { f: any; constructor(f: any) { this.f = f; } go(x: any) { this.f(x); } }\nnew ${local}(${fn}).go(${w.number()});`,
    () => `const ${local} = (${fn}).bind(null, ${w.number()}); ${local}();`,
    () => `const ${local} = { f: ${fn} }; const { f: ${local}f } = ${local}; ${local}f(${w.number()});`,
    () => `const ${local}: any = async (x: any) => (${fn})(x); await ${local}(${w.number()});`,
    () => `function* ${local}() { yield (${fn})(${w.number()}); }\nfor (const _ of ${local}()) ;`,
  );
}

/** Ways to change an object by code that no call shows. */
function implied(w: Writer, o: string): string {
  const local = w.fresh("im");
  const act = w.one(
    () => `(${o} as any).${w.key()} = ${w.number()};`,
    () => `Object.assign(${o}, { ${w.key()}: ${w.number()} });`,
    () => `((${o} as any).nested ??= { list: [] }).list.push(${w.number()});`,
  );
  const [made, used] = w.chance.pick([
    [`{ get tick() { ${act} return 1; } }`, `${local}.tick`],
    [`{ get tick() { ${act} return 1; } }`, `({ ...${local} })`],
    [`{ set tick(v: any) { ${act} } }`, `(${local}.tick = 1)`],
    [`{ *[Symbol.iterator]() { ${act} yield 1; } }`, `[...${local}]`],
    [`{ toString() { ${act} return "x"; } }`, `\`\${${local}}\``],
    [`{ valueOf() { ${act} return 1; } }`, `${local} + 1`],
    [`{ [Symbol.toPrimitive]() { ${act} return 1; } }`, `${local} * 2`],
    [`{ toJSON() { ${act} return 1; } }`, `JSON.stringify([${local}])`],
    [`{ then(done: any) { ${act} done(1); } }`, `await ${local}`],
    [`{ [Symbol.hasInstance]() { ${act} return true; } }`, `({} as any) instanceof ${local}`],
    [`new Proxy({} as any, { get() { ${act} return 1; } })`, `${local}.anything`],
    [`new Proxy({} as any, { has() { ${act} return true; } })`, `"x" in ${local}`],
    [`new (class { get tick() { ${act} return 1; } })()`, `${local}.tick`],
    [`{ get(v: any) { ${act} return v; } }`, `${local}.get(1)`],
    [`{ map(v: any) { ${act} return v; } }`, `${local}.map(1)`],
    [`{ includes(v: any) { ${act} return true; } }`, `${local}.includes(1)`],
    [`Object.defineProperty({} as any, "tick", { get() { ${act} return 1; } })`, `${local}.tick`],
  ] as const);
  const use = w.one(
    () => `const ${local}u = ${used};`,
    () => `[${used}];`,
    () =>
      `const ${local}f = ${used.startsWith("await") ? "async " : ""}() => ${used}; ${used.startsWith("await") ? "await " : ""}${local}f();`,
    () => `if (${used}) ;`,
  );
  return `const ${local}: any = ${made}; ${use}`;
}

function changeArray(w: Writer, a: string): string {
  const n = w.number();
  return w.one(
    () => `${a}.push(${n});`,
    () => `${a}.unshift(${n});`,
    () => `${a}.pop();`,
    () => `${a}.sort();`,
    () => `${a}[0] = ${n};`,
    () => `${a}.length = 1;`,
    () => `${a}.splice(0, 1, ${n});`,
    () => {
      const local = w.fresh("al");
      return `const ${local} = ${a}; ${local}.push(${n});`;
    },
    () => `((list: any[]) => list.push(${n}))(${a});`,
    () => `[${n}].forEach((x) => ${a}.push(x));`,
    () => `[${n}].map(${a}.push, ${a});`,
    () => `[${n}].forEach(${a}.push.bind(${a}));`,
    () => `${a}.forEach.call([${n}], (x: any) => ${a}.push(x));`,
    () => `for (const x of ${w.some("array", "set") ?? "[1]"} as any) { if (${a}.length < 9) ${a}.push(x); }`,
    () => `Array.prototype.push.apply(${a}, [${n}]);`,
    () => `${a}["push"](${n});`,
    () => `const ${w.fresh("v")} = ${a}.push(${n});`,
    () => `const ${w.fresh("v")} = ${a}.reverse();`,
    () => `[${a}[0], ${a}[1]] = [${a}[1], ${a}[0]];`,
    () => `${a}.map((x: any, i: number) => { ${a}[i] = [x]; });`,
    () => `${a}?.push?.(${n});`,
    () => alias(w, a),
  );
}

function changeMap(w: Writer, m: string): string {
  const n = w.number();
  return w.one(
    () => `${m}.set(${w.text()}, ${n});`,
    () => `${m}.delete(${w.text()});`,
    () => `for (const key of ["p", "q"]) ${m}.set(key, ${n});`,
    () => `["r"].forEach((key) => ${m}.set(key, ${n}));`,
    () => `const ${w.fresh("v")} = ${m}.set(${w.text()}, ${n}).size;`,
    () => `Map.prototype.set.call(${m}, ${w.text()}, ${n});`,
    () => `((x: any) => x.clear())(${m});`,
  );
}

function changeClass(w: Writer, c: string): string {
  const n = w.number();
  return w.one(
    () => `(${c}.prototype as any).added = () => ${n};`,
    () => `(${c} as any).count = ${n};`,
    () => `(${c} as any).all?.push(${n});`,
    () => `Object.assign(${c}.prototype, { added() { return ${n}; } });`,
    () => `Object.defineProperty(${c}.prototype, "view", { get() { return ${n}; } });`,
    () => `((k: any) => { k.prototype.added = () => ${n}; })(${c});`,
    () => `${c}.prototype.total = function () { return ${n} as any; };`,
    () => `new ${c}(${n});`,
    () => `new ${c}(${n}).total(1);`,
  );
}

/** A call, as a statement or for its value, of what changes something by itself or what it is given. */
export function callThatChanges(w: Writer): string | undefined {
  const n = w.number();
  const given = w.some("object", "array", "instance") ?? `{}`;
  const calls: string[] = [];
  for (const { name, kind } of w.visible) {
    if (kind === "setter") calls.push(`${name}(${n})`);
    else if (kind === "filler") calls.push(`${name}(${given})`);
    else if (kind === "registry")
      calls.push(`${name}.add(${w.text()}, ${n})`, `${name}.get("new", ${n})`, `${name}.map(${n})`);
    else if (kind === "instance") calls.push(`${name}.keep(${n})`);
    else if (kind === "function") calls.push(`${name}(${n})`, `[${n}].forEach(${name})`);
    else if (kind === "tag") calls.push(`${name}\`\${${given}}\``);
    else if (kind === "generator") calls.push(`${name}(${n}).next()`);
  }
  if (calls.length === 0) return undefined;
  const call = w.chance.pick(calls);
  return w.one(
    () => `${call};`,
    () => `const ${w.fresh("v")} = ${call};`,
    () => `const ${w.fresh("v")} = [${call}];`,
    () => `if (${call}) ;`,
    () => `(() => ${call})();`,
    () => `(0, () => ${call})();`,
  );
}
