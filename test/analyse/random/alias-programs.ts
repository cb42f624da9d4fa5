import { changes, places } from "./alias-changes.ts";
import { aliases, targets } from "./alias-ways.ts";
import { one, Writer } from "./alias-writer.ts";
import { Chance } from "./chance.ts";
import type { Program } from "./generator.ts";

/*
 * Programs in which something is changed as modules load, by another name than its own and in a roundabout way. An edit
 * of what is assigned changes what the one stage gives, wherever the assignment works.
 */

const header = 'import { stage } from "sluice";\n';
const stages =
  "export const stageA = stage({}, () => [Object.getOwnPropertyDescriptor(T, 'x')?.value, (T as any).x]);\n";
const importT = 'import { T } from "./t.ts";\n';

/** Ways to spread a target, declarations and a change over modules. */
const layouts: readonly ((target: string, declarations: string, change: string) => Program)[] = [
  (target, declarations, change) => ({ "pipeline.ts": `${header}${target}\n${declarations}\n${change}\n${stages}` }),
  (target, declarations, change) => ({
    "pipeline.ts": `${header}${importT}import "./w.ts";\n${stages}`,
    "t.ts": `export ${target}`,
    "w.ts": `${importT}${declarations}\n${change}`,
  }),
  (target, declarations, change) => {
    const names = declarations.matchAll(/^(?:const|let|(?:async )?function\*?|class|namespace) (\w+)/gm);
    const list = [...new Set([...names].map(([, name]) => name))].join(", ");
    return {
      "pipeline.ts": `${header}${importT}import { unused } from "./w.ts";\nconsole.log(unused);\n${stages}`,
      "t.ts": `export ${target}`,
      "p.ts": `${importT}${declarations}\nexport { ${list} };`,
      "w.ts": `${importT}import { ${list} } from "./p.ts";\n${change}\nexport const unused = 1;`,
    };
  },
  (target, declarations, change) => ({
    "pipeline.ts": `${header}import * as t from "./t.ts";\nimport "./w.ts";\nconst { T } = t as any;\n${stages}`,
    "t.ts": `export ${target}`,
    "w.ts": `import * as ns from "./t.ts";\nconst T: any = ns.T;\n${declarations}\n${change}`,
  }),
];

/** A program by its number, and the same with something else assigned. */
export function aliasProgram(seed: number): readonly [before: Program, after: Program] {
  const chance = new Chance(seed);
  const writer = new Writer(chance);
  const target = chance.pick(targets);
  let expression = "T";
  for (let hops = chance.between(0, 2); hops > 0; hops--) expression = chance.pick(aliases)(expression, writer);
  const change = chance.pick(places)(chance.pick(changes)(expression, writer), writer);
  const before = chance.pick(layouts)(target, writer.declarations.join("\n"), change);
  const edited = Object.entries(before).map(([file, text]) => [file, text.replaceAll(one, "/*value*/2")]);
  return [before, Object.fromEntries(edited) as Program];
}
