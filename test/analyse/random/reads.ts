import type { Name, Writer } from "./symbols.ts";

/** An expression that reads something that the module can see; a number where it sees nothing. */
export function read(w: Writer): string {
  if (w.visible.length === 0 || w.chance.often(0.1)) return w.number();
  return readOf(w, w.chance.pick(w.visible));
}

/** An expression that depends on what a name stands for. */
export function readOf(w: Writer, { name, kind }: Name): string {
  const n = w.number();
  const k = w.key();
  switch (kind) {
    case "number":
    case "variable":
      return w.one(
        () => name,
        () => `${name} + ${n}`,
        () => `\`<\${${name}}>\``,
        () => `[${name}, ${n}]`,
        () => `(${name} > ${n} ? "more" : "less")`,
        () => (name.includes(".") ? name : `((${name}) => ${name} * 2)(${name})`),
      );
    case "object":
      return w.one(
        () => name,
        () => `${name}.${k}`,
        () => `${name}?.["${k}"]`,
        () => `Object.entries(${name})`,
        () => `JSON.stringify(${name})`,
        () => `({ ...${name}, z: ${n} })`,
        () => `("${k}" in ${name})`,
        () => `(({ ${k} = ${n}, ...rest }: any) => [${k}, rest])(${name})`,
        () => `${name}.nested?.list?.length`,
        () => `(() => { const out: any[] = []; for (const key in ${name}) out.push(key); return out; })()`,
      );
    case "array":
      return w.one(
        () => name,
        () => `${name}[${w.chance.between(0, 3)}]`,
        () => `${name}.length`,
        () => `${name}.map((x: any) => [x])`,
        () => `[...${name}].reverse()`,
        () => `${name}.reduce((sum: any, x: any) => sum + x, 0)`,
        () => `(([first, ...rest]: any) => [rest, first])(${name})`,
        () => `${name}.at(-1)`,
      );
    case "map":
      return w.one(
        () => `[...${name}]`,
        () => `${name}.get(${w.text()})`,
        () => `${name}.size`,
      );
    case "set":
      return w.one(
        () => `[...${name}]`,
        () => `${name}.has(${n})`,
      );
    case "function":
      return w.one(
        () => `${name}(${n})`,
        () => `[1, 2].map(${name})`,
        () => `${name}.call(null, ${n})`,
        () => `${name}?.(${n})`,
        () => `(${name} as any).extra`,
        () => `((f: any) => f(${n}))(${name})`,
      );
    case "async":
      return `await ${name}(${n})`;
    case "generator":
      return w.one(
        () => `[...${name}(${n})]`,
        () => `${name}(${n}).next().value`,
      );
    case "class":
      return w.one(
        () => `new ${name}(${n}).total(${n})`,
        () => `new ${name}(${n}).view`,
        () => `(${name} as any).count`,
        () => `(${name} as any).all`,
        () => `(new ${name}(${n}) as any).added?.()`,
        () => `Object.getOwnPropertyNames(${name}.prototype)`,
        () => `[...(new ${name}(${n}) as any)]`,
      );
    case "instance":
      return w.one(
        () => `${name}.total(${n})`,
        () => `${name}.view`,
        () => `(${name} as any).kept`,
      );
    case "enum":
      return w.one(
        () => `${name}.A`,
        () => `${name}["B"]`,
      );
    case "tag":
      return `${name}\`x\${${n}}y\``;
    case "registry":
      return w.one(
        () => `${name}.get(${w.text()})`,
        () => `${name}.items`,
        () => `${name}.map()`,
      );
    case "setter":
    case "filler":
      return `typeof ${name}`;
    case "module":
      return w.one(
        () => `Object.keys(${name})`,
        () => `JSON.stringify({ ...${name} })`,
      );
  }
}
