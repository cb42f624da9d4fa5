import { describe, expect, test } from "vitest";
import { rig } from "../rig/rig.ts";

const pipeline = `
import { stage } from "sluice";

export const bytes = stage({}, async function* () {
  for (let i = 0; i < 256; i++) {
    const piece = Buffer.alloc(1 << 20);
    for (let at = 0; at < piece.length; at += 64) piece.writeUInt32LE((i * 40503 + at * 2654435761) >>> 0, at);
    yield piece;
  }
});
export const other = stage({ bytes }, async function* ({ bytes }) {
  for await (const piece of bytes.stream()) yield piece.map((byte) => byte ^ 1);
});
export const rows = stage({ other }, async function* ({ other }) {
  let row = 0;
  for await (const piece of other.stream())
    for (let at = 0; at < piece.length; at += 4096) yield { row: row++, text: Buffer.from(piece.subarray(at, at + 1024)).toString("hex") };
});
export const total = stage({ rows }, async ({ rows }) => {
  let total = 0;
  for await (const { text } of rows) total += text.length;
  return [total, rows.count];
});
`;

const usage = `process.on("exit", () => process._rawDebug("peak " + process.resourceUsage().maxRSS + " kB"));`;

const isMeasured = process.platform !== "win32" && process.resourceUsage().maxRSS > 0;

describe.skipIf(!isMeasured)("memory", () => {
  test("256 MB of bytes and 128 MB of rows pass through less than they take", { timeout: 180_000 }, async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline, "usage.cjs": usage });
    const env = { NODE_OPTIONS: `--max-old-space-size=64 --require ${project.dir}/usage.cjs` };
    const run = await project.sluiceWith({ env }, "run", "--jobs", "1");
    expect(run.code, run.stderr).toBe(0);
    const peak = Number(/peak (\d+) kB/.exec(run.stderr)![1]);
    // Node with the engine takes about 130 MB by itself; what holds a value would take more than 384.
    expect(peak).toBeGreaterThan(20_000);
    expect(peak).toBeLessThan(300_000);
    const shown = await project.sluice("show", "total", "--json");
    expect(shown.json().value).toEqual([65_536 * 2048, 65_536]);
    const rows = await project.sluiceWith({ env }, "show", "rows", "--json", "--rows", "2");
    expect(rows.json().value).toMatchObject({ rows: 65_536, format: "auto", first: [{ row: 0 }, { row: 1 }] });
    expect(Number(/peak (\d+) kB/.exec(rows.stderr)![1])).toBeLessThan(250_000);
  });
});
