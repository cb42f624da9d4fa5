import * as sluice from "sluice";
import type { Benchmark } from "./benchmark.ts";
import { ProjectFolder } from "./generated-pipeline.ts";
import { measure } from "./measure.ts";
import { processCells, processColumns } from "./process-table.ts";

const source = `import { file, map, stage } from "sluice";

export const list = file("items.json");
export const items = stage({ list }, async ({ list }) => JSON.parse(await list.text()));
export const squares = map(items, (item) => ({ id: item.id, square: item.id * item.id }));
`;

/** One stage over many items, as whole processes. */
export const map: Benchmark = {
  about: "a map over many items: all new, none new, one added, as whole processes",

  async run({ rounds, quick, log }) {
    const count = quick ? 20 : 10_000;
    if (!("map" in sluice)) return { tables: [], notes: ["this Sluice has no map()"] };
    log(`${count} items`);
    const project = new ProjectFolder([["pipeline.js", source]]);
    let length = count;
    const writeItems = () => {
      const items = Array.from({ length }, (_, id) => ({ id, name: `item ${id}` }));
      project.write("items.json", JSON.stringify(items));
    };
    const begin = () => {
      project.forget();
      length = count;
      writeItems();
    };
    const add = () => {
      length += 1;
      writeItems();
    };
    try {
      const cwd = project.folder;
      const args = project.sluice("run");
      const states = [
        { label: "cold", prepare: begin, made: count },
        { label: "one item added", prepare: add, made: 1 },
        { label: "nothing changed, the pipeline is loaded", prepare: () => {}, made: 0 },
        { label: "nothing changed", prepare: () => {}, made: 0 },
      ];
      const cases = states.map(({ label, prepare, made }) => {
        const check = (_: string, stderr: string) => expectItems(stderr, length, made);
        return { label, prepare, check, args, cwd };
      });
      const measured = await measure(cases, { rounds: Math.min(rounds, 7), inOrder: true, usage: false });
      const columns = [
        { name: "state", unit: "text" },
        ...processColumns.slice(0, 4),
        { name: "an item", unit: "us" },
      ] as const;
      const rows = measured.map((each) => {
        const cells = processCells(each).slice(0, 4);
        return [each.item.label, ...cells, ((cells[0] as number) * 1000) / count];
      });
      return { tables: [{ id: "map", title: `A map over ${count.toLocaleString("en")} items`, columns, rows }] };
    } finally {
      project.remove();
    }
  },
};

/** A run that made other items than it should is no result. */
function expectItems(stderr: string, items: number, made: number): void {
  const expected =
    made === 0 ? "nothing to do" : `${items.toLocaleString("en")} items, ${made.toLocaleString("en")} made`;
  if (!stderr.includes(expected)) throw new Error(`the run said "${stderr.trim().slice(-300)}", not "${expected}"`);
}
