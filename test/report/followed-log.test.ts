import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { followLog } from "../../src/report/followed-log.ts";
import type { LoggedEvent } from "../../src/report/log-file.ts";

const dir = mkdtempSync(path.join(tmpdir(), "sluice-follow-"));
afterAll(() => rmSync(dir, { recursive: true }));

function line(text: string): string {
  return `${JSON.stringify({ type: "node-log", time: 1, node: "a", level: "info", text })}\n`;
}

test("a log is followed as it grows, in whole lines, to what was written last before the run was over", async () => {
  const file = path.join(dir, "run.jsonl");
  const long = "ü".repeat(100_000);
  const [first, second] = [line("é").slice(0, 50), line("é").slice(50)];
  // what is written before each look at whether the run is over
  const writes = [[], [line("one"), first], [second, line(long)], ["no event\n", line("last")]];
  const seen: (LoggedEvent | undefined)[] = [];
  const isOver = async (): Promise<boolean> => {
    for (const text of writes.shift()!) appendFileSync(file, text);
    return writes.length === 0;
  };
  for await (const event of followLog(file, isOver)) seen.push(event);
  expect(seen.map((event) => event?.type === "node-log" && event.text)).toEqual(["one", "é", long, false, "last"]);
});

test("a run that logs nothing has no file", async () => {
  const seen: unknown[] = [];
  for await (const event of followLog(path.join(dir, "none.jsonl"), async () => true)) seen.push(event);
  expect(seen).toEqual([]);
});
