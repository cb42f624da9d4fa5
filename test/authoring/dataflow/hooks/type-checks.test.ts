import { type DeclaredTypes, typeChecks } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { failing } from "../rig.ts";
import { HookProject, ran } from "./support.ts";

let project: HookProject;
beforeEach(() => {
  project = new HookProject();
  ran();
});
afterEach(() => project.end());

const flow = `
  export const parsed = (text: string) => { ran("parsed"); return JSON.parse(text); };
  export const shown = (parsed: unknown) => { ran("shown"); return String(parsed); };
  export const rate = flow.checkOutput({ range: [0, 1] }, (x: number) => x);
  export const double = (rate: number) => rate * 2;
  export const day = (text: string) => new Date(text);
`;

describe("typeChecks()", () => {
  test.each<[string, DeclaredTypes[string], string | undefined]>([
    ["[1]", "array", undefined],
    ["[1]", "object", undefined],
    ["null", "object", "it is null, not an object"],
    ["1", "number", undefined],
    ['"1"', "number", 'it is "1", not a number'],
    ["{}", "array", "it is an empty object, not an array"],
    ['{ "a": 1 }', z.object({ a: z.number() }), undefined],
    ['{ "a": "1" }', z.object({ a: z.number() }), "a: "],
  ])("checks results: %s", async (text, type, wrong) => {
    const driver = project.driver(flow, [typeChecks({ parsed: type })]);
    const run = () => driver.execute(["shown"], { inputs: { text } });
    if (wrong === undefined) {
      await run();
      return expect(ran()).toEqual(["parsed", "shown"]);
    }
    const failure = await failing(run);
    expect(failure).toMatchObject({ reason: "check-failed", node: "parsed" });
    expect(failure.message).toContain(`hook "typeChecks" failed after "parsed": "parsed" is not of its type: ${wrong}`);
    // What reads it has not begun.
    expect(ran()).toEqual(["parsed"]);
  });

  test("checks results that are reused: the types count in no key", async () => {
    await project.driver(flow, []).execute(["parsed"], { inputs: { text: "1" } });
    ran();
    const driver = project.driver(flow, [typeChecks({ parsed: "string" })]);
    const failure = await failing(() => driver.execute(["shown"], { inputs: { text: "1" } }));
    expect(failure).toMatchObject({ reason: "check-failed", node: "parsed" });
    expect(ran()).toEqual([]);
  });

  test("checks instances", async () => {
    const driver = project.driver(flow, [typeChecks({ day: Date })]);
    const { day } = await driver.execute(["day"], { inputs: { text: "2026-01-01" } });
    expect(day).toEqual(new Date("2026-01-01"));
    await driver.execute(["day"], { inputs: { text: "2026-01-01" } });
    const wrong = project.driver(flow, [typeChecks({ day: Map })]);
    const failure = await failing(() => wrong.execute(["day"], { inputs: { text: "2026-01-01" } }));
    expect(failure.message).toContain("it is a Date, not a Map");
  });

  test("checks what is given before anything runs: inputs, and overrides, also by the checks of their nodes", async () => {
    const driver = project.driver(flow, [typeChecks({ text: z.string().min(3), rate: "number" })]);
    const short = await failing(() => driver.execute(["parsed"], { inputs: { text: "1" } }));
    expect(short).toMatchObject({ reason: "check-failed", node: "text" });
    const wrong = await failing(() => driver.execute(["double"], { overrides: { rate: "1" } }));
    expect(wrong).toMatchObject({ reason: "check-failed", node: "rate" });
    const high = await failing(() => driver.execute(["double"], { overrides: { rate: 2 } }));
    expect(high.message).toContain('the override of "rate" does not pass the check "range": 2 is not from 0 to 1');
    expect(await driver.execute(["double"], { overrides: { rate: 0.5 } })).toEqual({ double: 1 });
    expect(ran()).toEqual([]);
  });

  test("refuses what is no type, and names that are not there", async () => {
    expect(await failing(() => typeChecks({ text: "text" as "string" }))).toMatchObject({
      message:
        'the type of "text" in typeChecks() must be a class, a schema or one of string, number, boolean, bigint, object, array, not "text"',
    });
    expect(await failing(() => typeChecks([] as never))).toMatchObject({ reason: "usage" });
    expect(await failing(() => project.driver(flow, [typeChecks({ prased: "object" })]))).toMatchObject({
      reason: "unknown-node",
      message: 'there is no node "prased" or input, as typeChecks() says',
      hint: 'did you mean "parsed"?',
    });
  });
});
