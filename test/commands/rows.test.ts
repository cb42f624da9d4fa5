import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { rig } from "../rig/rig.ts";

const pipeline = `
import { param, stage } from "sluice";
export const count = param(3000);
export const rows = stage({ count }, async function* ({ count }) {
  for (let id = 0; id < count; id++) yield { id, "na\\u001b[31mme": "row\\u001b[31m " + id };
});
export const names = stage({}, async function* () { yield "a"; yield "b"; }, { format: "ndjson" });
export const values = stage({ rows }, ({ rows }) => ({ rows }));
export const last = stage({ rows }, async ({ rows }) => (await rows.toArray()).at(-1).id);
`;

describe("rows that are stored, on the command line", () => {
  test("show has the first ones, their number and size; nothing of them reaches the terminal as control", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    expect((await project.sluice("run")).code).toBe(0);
    const shown = await project.sluice("show", "rows", "--rows", "2");
    expect(shown.stdout).toMatch(/^3,000 rows, 2 columns, \d+ kB\n/);
    expect(shown.stdout).toContain("2,998 more rows");
    expect(shown.stdout).not.toContain("\u001b[31m");
    expect((await project.sluice("show", "names")).stdout).toBe("2 rows, 8 B\n'a'\n'b'\n");
    const { value } = (await project.sluice("show", "names", "--json")).json();
    expect(value).toMatchObject({ rows: 2, size: 8, format: "ndjson", first: ["a", "b"] });
    expect((await project.sluice("show", "values")).stdout).toContain("RowsHandle (3000 rows");
    const nested = (await project.sluice("show", "values", "--json")).json();
    expect(nested.value.rows).toMatchObject({ rows: 3000, digest: expect.stringMatching(/^[\da-f]{64}$/) });
    expect((await project.sluice("verify")).code).toBe(0);
    expect((await project.sluice("cache", "verify")).code).toBe(0);
    await project.sluice("cache", "gc");
    expect((await project.sluice("run", "--json")).json().nodes.rows.status).toBe("hit");
    expect((await project.sluice("show", "values")).code).toBe(0);
  });

  test("a command reads rows as the file as which they are stored, else as JSON", async () => {
    const text = `
      import { command, stage } from "sluice";
      export const csv = stage({}, async function* () { yield { a: 1 }; yield { a: 2 }; }, { format: "csv" });
      export const own = stage({}, async function* () { yield { a: 1 }; });
      export const lines = command({ csv }, ["wc", "-l", "{csv}"], { stdout: "text" });
      export const json = command({ own }, ["cat", "{own}"], { stdout: "json" });
    `;
    await using project = await rig.project({ "pipeline.ts": text });
    expect((await project.sluice("run", "lines")).code).toBe(0);
    expect((await project.sluice("show", "lines")).stdout).toMatch(/^3 .*rows\.csv/);
    expect((await project.sluice("run", "json")).code).toBe(0);
    expect((await project.sluice("show", "json", "--json")).json().value).toEqual([{ a: 1 }]);
  });

  test("interrupted in the midst of a stream, it ends at once and leaves nothing", async () => {
    const text = `
      import { stage } from "sluice";
      export const endless = stage({}, function* () {
        try { for (let i = 0; ; i++) { if (i === 1000) console.log("begun"); yield { i }; } } finally { console.log("ended"); }
      });
    `;
    await using project = await rig.project({ "pipeline.ts": text });
    const run = project.start({}, "run");
    await run.wrote("begun");
    run.kill("SIGINT");
    const { code, stdout, stderr } = await run.finished;
    expect(code).toBe(130);
    expect(stdout + stderr).toContain("ended");
    expect(readdirSync(path.join(project.dir, ".sluice/v1/tmp"))).toEqual([]);
    expect((await project.sluice("show", "endless")).code).toBe(1);
  });

  test("diff says what differs; damage is found, said and healed", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    await project.sluice("run", "last");
    await project.sluice("run", "last", "--set", "count=3001");
    const { difference } = (await project.sluice("diff", "rows", "--json")).json();
    expect(difference).toMatchObject({ kind: "table", rows: { before: 3000, after: 3001, added: 1, changed: 0 } });
    const blobs = path.join(project.dir, ".sluice/v1/blobs");
    for (const name of readdirSync(blobs, { recursive: true, encoding: "utf8" })) {
      const file = path.join(blobs, name);
      if (!statSync(file).isFile()) continue;
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(file, bytes);
    }
    const shown = await project.sluice("show", "rows", "--set", "count=3001");
    expect(shown.code).toBe(1);
    expect(shown.stderr).toContain("is damaged");
    expect((await project.sluice("cache", "verify")).code).toBe(1);
    expect((await project.sluice("run", "last", "--set", "count=3001")).code).toBe(0);
    expect((await project.sluice("show", "rows", "--set", "count=3001", "--rows", "1")).code).toBe(0);
  });
});
