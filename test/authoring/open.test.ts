import { readdirSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

/** Real modules in real processes: what a script sees that imports the package. */
let project: RigProject;

const pipeline = `
import { file, param, stage } from "sluice";

const count = (name) => { console.log("ran " + name); };

export const words = file("data/words.txt");
export const topN = param(2);
export const sorted = stage({ words }, async ({ words }) => {
  count("sorted");
  return (await words.text()).trim().split(" ").sort();
});
export const report = stage({ sorted, topN }, ({ sorted, topN }) => {
  count("report");
  return sorted.slice(0, topN).join(",");
}, { output: "out/report.txt" });
export const chart = stage({ report }, async ({ report }, { outputs }) => {
  const { writeFile } = await import("node:fs/promises");
  await writeFile(outputs.svg, "<svg>" + report + "</svg>");
}, { outputs: { svg: "out/chart.svg" } });
`;

beforeEach(async () => {
  project = await rig.project({ "pipeline.ts": pipeline, "data/words.txt": "pear apple fig\n" });
});
afterEach(() => project[Symbol.asyncDispose]());

async function node(file: string, text: string, cwd = "."): Promise<string> {
  await project.write(file, text);
  const { code, stdout, stderr } = await rig.startProcess(process.execPath, [`${project.dir}/${file}`], {
    cwd: `${project.dir}/${cwd}`,
  }).finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("from code", () => {
  test("a project waits for what is under way before it is closed", async () => {
    const main = `import { open } from "sluice";
      import { report } from "../pipeline.ts";
      const run = () => {
        const project = open();
        const running = project.run(report);
        return project.close().then(() => running);
      };
      console.log(await run());`;
    expect(await node("scripts/close.ts", main)).toBe("ran sorted\nran report\napple,fig\n");
  });

  test("a run that failed waits for nothing any more", async () => {
    const main = `import { open, stage } from "sluice";
      const gate = () => Promise.withResolvers();
      globalThis.gates = { held: gate(), waits: gate(), failed: gate(), asked: gate() };
      globalThis.project = open();
      const whenWaiting = (gate) => ({ onEvent: ({ type }) => type === "node-waiting" && globalThis.gates[gate].resolve() });
      export const bad = stage({}, async () => { await globalThis.gates.waits.promise; throw new Error("bad"); });
      export const held = stage({}, async () => {
        globalThis.gates.held.resolve();
        await globalThis.gates.failed.promise;
        return "held, " + await globalThis.project.run(other, whenWaiting("asked"));
      });
      export const other = stage({}, async () => {
        const { status } = await globalThis.project.tryRun({ held, bad }, { ...whenWaiting("waits"), jobs: 2 });
        globalThis.gates.failed.resolve();
        await globalThis.gates.asked.promise;
        return status;
      });
      const running = globalThis.project.run(held);
      await globalThis.gates.held.promise;
      const others = globalThis.project.run(other);
      console.log(await running, await others);`;
    expect(await node("waits.ts", main)).toBe("held, failed failed\n");
  });

  test("a list that waits for an item of another run, whose function waits for the list, says so", async () => {
    const main = `import { map, open, param } from "sluice";
      const gate = () => Promise.withResolvers();
      globalThis.gates = { begun: gate(), waits: gate() };
      globalThis.project = open();
      export const items = param([1]);
      export const each = map(items, async (item) => {
        if (item === 1) return 1;
        globalThis.gates.begun.resolve();
        await globalThis.gates.waits.promise;
        return globalThis.project.run(each, { params: { items: [1, 2] } });
      });
      const short = globalThis.project.tryRun(each, { params: { items: [2] } });
      await globalThis.gates.begun.promise;
      const onEvent = ({ type }) => type === "node-waiting" && globalThis.gates.waits.resolve();
      const long = globalThis.project.tryRun(each, { params: { items: [1, 2] }, onEvent });
      for (const { failures } of await Promise.all([short, long])) console.log(failures[0].reason);`;
    expect(await node("lists.ts", main)).toBe("cycle\ncycle\n");
  });

  test("many that are never closed are no trouble, and leave nothing behind", async () => {
    const main = `import { open } from "sluice";
      import { openCache } from "sluice/cache";
      import { chart } from "../pipeline.ts";
      for (let i = 0; i < 12; i++) {
        const { svg } = await open({ path: \`many/\${i}\` }).run(chart);
        await svg.text();
        const cache = await openCache(\`caches/\${i}\`);
        await cache.wrap(cache.key("one").value("i", i).build(), () => i);
      }
      console.log(process.listenerCount("exit"));`;
    // One of each kind, and that of the package's compiled code.
    expect((await node("scripts/many.ts", main)).split("\n").at(-2)).toMatch(/^[123]$/);
    for (let i = 0; i < 12; i++) expect(readdirSync(`${project.dir}/many/${i}/v1/tmp`)).toEqual([]);
  });

  test("a root that a link leads to is the folder that it leads to", async () => {
    symlinkSync(".", `${project.dir}/link`);
    const main = (root: string) => `import { open } from "sluice";
      import { report, words } from "../pipeline.ts";
      await using project = open({ root: ${JSON.stringify(root)} });
      const values = await project.run({ report, words });
      console.log(values.report, values.words.name);`;
    expect(await node("scripts/real.ts", main("."))).toBe("ran sorted\nran report\napple,fig data/words.txt\n");
    expect(await node("scripts/linked.ts", main("link"))).toBe("apple,fig data/words.txt\n");
  });

  test("a stage can be called, and finds its package wherever the process is", async () => {
    const main = `import { report, chart } from "../pipeline.ts";
      console.log(await report());
      console.log(await report({ params: { topN: 1 } }));
      const { svg } = await chart();
      console.log(svg.path.endsWith("/chart.svg"), await svg.text());`;
    const first = await node("scripts/main.ts", main, "data");
    expect(first).toBe("ran sorted\nran report\napple,fig\nran report\napple\ntrue <svg>apple,fig</svg>\n");
    expect(await node("scripts/main.ts", main)).toBe("apple,fig\napple\ntrue <svg>apple,fig</svg>\n");
    expect(project.exists(".sluice")).toBe(true);
    expect(await project.read("out/report.txt")).toBe("apple,fig");
    expect(await project.read("out/chart.svg")).toBe("<svg>apple,fig</svg>");
  });

  test("and the command line share results", async () => {
    await node("main.ts", `import { report } from "./pipeline.ts"; await report();`);
    const { code, json } = await project.sluice("run", "report", "--json");
    expect(code).toBe(0);
    expect(json().nodes.report.status).toBe("hit");
    expect(json().nodes.sorted.status).toBe("hit");
  });

  test("a project is opened in the package of the caller, or where it is said to be", async () => {
    const main = `import { open } from "sluice";
      import { report } from "../pipeline.ts";
      await using here = open();
      await using there = open({ root: "elsewhere", path: "cache" });
      console.log(here.root, there.root);
      console.log(await there.run({ report }));`;
    await project.write("elsewhere/package.json", "{}");
    const out = await node("scripts/main.ts", main);
    expect(out).toBe(`${project.dir} ${project.dir}/elsewhere\nran sorted\nran report\n{ report: 'apple,fig' }\n`);
    expect(project.exists("elsewhere/cache")).toBe(true);
    expect(project.exists(".sluice")).toBe(false);
  });

  test("a module can run its own nodes while it is evaluated", async () => {
    const main = `import { stage } from "sluice";
      export const one = stage({}, () => 1);
      export const two = stage({ one }, ({ one }) => one + 1);
      console.log(await two());`;
    expect(await node("main.ts", main)).toBe("2\n");
  });
});
