import { printNodes, progressBar } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failing } from "../rig.ts";
import { HookProject, Written } from "./support.ts";

let project: HookProject;
beforeEach(() => {
  project = new HookProject();
});
afterEach(() => project.end());

const chain = Array.from({ length: 20 }, (_, i) =>
  i === 0 ? "export const n0 = (x: number) => x;" : `export const n${i} = (n${i - 1}: number) => n${i - 1} + 1;`,
).join("\n");

const flow = `
  export const words = (text: string) => text.split(" ");
  export const bad = (words: string[]): number => { throw new Error("bad\\x1b[31m words"); };
  export const after = (bad: number) => bad;
  export const list = flow.parallel((words: string[]) => words);
  export const length = (list: string) => list.length;
  export const total = flow.collect("length", (length: number[]) => length.join());
`;
/** Times are left out. */
const tidy = (text: string): string => text.replaceAll(/<1 ms|\d+ ms|\d+\.\d s/g, "TIME");

describe("printNodes()", () => {
  test("prints a line for each node, without what acts on a terminal", async () => {
    const stream = new Written();
    const driver = project.driver(flow, [printNodes({ stream })]);
    const inputs = { text: "to be" };
    await driver.execute(["total"], { inputs });
    expect(tidy(stream.text)).toBe(
      ["words: ran in TIME", "list: ran in TIME", "length: ran in TIME, 2 of 2 items", "total: ran in TIME", ""].join(
        "\n",
      ),
    );
    stream.text = "";
    await failing(() => driver.execute(["after"], { inputs }));
    expect(tidy(stream.text)).toBe(
      [
        "words: reused, saved TIME",
        "bad: failed: bad failed: Error: bad\\x1b[31m words",
        "after: skipped, because bad failed",
        "",
      ].join("\n"),
    );
  });

  test("shows values where it is to, and no secrets", async () => {
    const stream = new Written();
    const text = `
      export const words = ({ text, token }: { text: string; token: string }) => text.split(" ");
      export const secret = (token: string) => ({ Authorization: "Bearer " + token });
    `;
    const driver = project.driver(text, [printNodes({ stream, verbosity: 2 })]);
    process.env.PRINTED_API_TOKEN = "s3cret-t0ken-of-mine";
    try {
      await driver.execute(["words", "secret"], { inputs: { text: "to be", token: process.env.PRINTED_API_TOKEN } });
      await driver.execute(["words"], { inputs: { text: "to be", token: process.env.PRINTED_API_TOKEN } });
    } finally {
      delete process.env.PRINTED_API_TOKEN;
    }
    expect(stream.text).not.toContain("s3cret");
    const lines = tidy(stream.text).trim().split("\n");
    expect(lines).toContain("words: begins with text='to be', token=***");
    expect(lines).toContain("words: ran in TIME, gave [ 'to', 'be' ]");
    expect(lines).toContain("secret: ran in TIME, gave ***");
    expect(lines.at(-1)).toBe("words: reused, saved TIME, gave [ 'to', 'be' ]");
  });

  test("prints some nodes only", async () => {
    const stream = new Written();
    const driver = project.driver(chain, [printNodes({ stream, verbosity: 2, nodes: ["n2"] })]);
    await driver.execute(["n19"], { inputs: { x: 1 } });
    expect(tidy(stream.text)).toBe("n2: begins with n1=2\nn2: ran in TIME, gave 3\n");
  });

  test("refuses options that are none", async () => {
    expect(await failing(() => printNodes({ verbosity: 3 as 2 }))).toMatchObject({ reason: "usage" });
    expect(await failing(() => printNodes({ stream: {} as Written }))).toMatchObject({ reason: "usage" });
    expect(await failing(() => project.driver(chain, [printNodes({ nodes: ["n21"] })]))).toMatchObject({
      reason: "unknown-node",
    });
  });
});

describe("progressBar()", () => {
  test("says how far it is, in a few lines, where there is no terminal", async () => {
    const stream = new Written();
    const driver = project.driver(chain, [progressBar({ stream, label: "features:" })]);
    await driver.execute(["n19"], { inputs: { x: 1 } });
    const tenths = Array.from({ length: 9 }, (_, i) => `features: ${(i + 1) * 2} of 20 nodes`);
    expect(tidy(stream.text).trim().split("\n")).toEqual([...tenths, "features: 20 of 20 nodes, ok in TIME"]);
    stream.text = "";
    await driver.execute(["n1"], { inputs: { x: 1 } });
    expect(tidy(stream.text)).toBe(
      "features: 1 of 2 nodes (1 reused)\nfeatures: 2 of 2 nodes (2 reused), ok in TIME\n",
    );
  });

  test("draws one line of a terminal again and again, and leaves it with the sum", async () => {
    const stream = new Written(true);
    const driver = project.driver(flow, [progressBar({ stream })]);
    await failing(() => driver.execute(["after"], { inputs: { text: "to be" } }));
    const shown = tidy(stream.text).replaceAll("\x1b", "ESC").replaceAll("\r", "CR");
    expect(shown).toMatch(/^CRESC\[2KESC\[\?7l\[\.{24}\] 0 of 3 nodes: wordsESC\[\?7h/);
    expect(shown).toMatch(/CRESC\[2KESC\[\?7lESC\[\?7h3 of 3 nodes \(1 failed, 1 skipped\), failed in TIME\n$/);
    expect(stream.text.split("\n")).toHaveLength(2);
  });

  test("keeps the progress of runs at the same time apart", async () => {
    const stream = new Written();
    const driver = project.driver(chain, [progressBar({ stream })], false);
    await Promise.all([1, 2].map((x) => driver.execute(["n0"], { inputs: { x } })));
    expect(tidy(stream.text)).toBe("1 of 1 nodes, ok in TIME\n".repeat(2));
  });

  test("has nothing to show of a run without work", async () => {
    const stream = new Written();
    const driver = project.driver(chain, [progressBar({ stream })], false);
    await driver.execute(["n0"], { overrides: { n0: 3 } });
    expect(tidy(stream.text)).toBe("0 of 0 nodes, ok in TIME\n");
  });
});
