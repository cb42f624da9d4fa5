/*
 * What programs print, taken apart into lines as they come.
 */
import { array, assert, constantFrom, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { LineLog } from "../../src/run/command/line-log.ts";

interface Heard {
  readonly lines: readonly string[];
  readonly percents: readonly number[];
}

/** What is logged of a text that comes in these pieces. */
function heard(pieces: readonly string[]): Heard {
  const lines: string[] = [];
  const percents: number[] = [];
  const log = new LineLog(
    (line) => lines.push(line),
    (percent) => percents.push(percent),
  );
  const stream = log.stream();
  for (const piece of pieces) stream(Buffer.from(piece));
  stream();
  log.close();
  return { lines, percents };
}

describe("LineLog", () => {
  test("a bar is progress while it is drawn, and its last state is a line", () => {
    expect(heard(["start\n", "\r##   20%", "\r#### 40.5 %", "\r#####", "##### 100%\n", "end"])).toEqual({
      lines: ["start", "########## 100%", "end"],
      percents: [20, 40.5],
    });
    expect(heard(["  7%\r", "  8%\r", "  9%\n"])).toEqual({ lines: ["  9%"], percents: [7, 8] });
  });

  test("a bar that is drawn for long is one line", () => {
    const drawn = Array.from({ length: 5000 }, (_, i) => `\r${"#".repeat(60)} ${(i / 50).toFixed(1)}%`);
    const { lines, percents } = heard(["before\n", ...drawn, "\r100%\n"]);
    expect(lines).toEqual(["before", "100%"]);
    expect(percents).toHaveLength(5000);
  });

  test("a percentage that stays where it is, and one that can be none, are no progress", () => {
    expect(heard(["50% of rows ", "are kept\n", "\r120%", "\rdone %\r", "\n"]).percents).toEqual([]);
    expect(heard([`\r${"1".repeat(16_000)}`, "%"]).percents).toEqual([]);
  });

  test("lines are the same however the text comes in pieces", () => {
    const text = array(constantFrom("a", "7%", "100 %", "\r", "\n", "\r\n", "é", "  "));
    assert(
      property(text, array(nat(12)), (parts, cuts) => {
        const whole = parts.join("");
        const pieces: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          pieces.push(whole.slice(at, at + cut));
          at += cut;
        }
        const { lines, percents } = heard([...pieces, whole.slice(at)]);
        expect(lines).toEqual(heard([whole]).lines);
        for (const percent of percents) expect([7, 77, 100]).toContain(percent);
      }),
    );
  });
});
