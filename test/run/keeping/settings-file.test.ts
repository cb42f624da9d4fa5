import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../../src/core/failure.ts";
import type { Limits } from "../../../src/run/keeping/limits.ts";
import { nameMatcher } from "../../../src/run/keeping/pins.ts";
import { readLimits } from "../../../src/run/keeping/settings-file.ts";
import { openStore } from "../../../src/run/open-store.ts";

const newFolder = () => mkdtempSync(path.join(tmpdir(), "sluice-settings-"));

function limitsOf(text: string): Limits {
  const file = path.join(newFolder(), "sluice.json");
  writeFileSync(file, text);
  return readLimits(file);
}

function complaintAbout(text: string): string | undefined {
  try {
    limitsOf(text);
    return undefined;
  } catch (error) {
    const found = failureOf(error, "invalid-definition");
    return `${found?.message} / ${found?.hint}`;
  }
}

describe("sluice.json", () => {
  test("names limits", () => {
    expect(limitsOf('{ "cache": { "maxSize": "20GB", "maxAge": "30d", "pins": ["report", "train-*"] } }')).toEqual({
      maxSize: 20e9,
      maxAge: 30 * 86_400_000,
      pins: ["report", "train-*"],
    });
    expect(limitsOf('\ufeff{ "cache": { "maxSize": 1000 } }')).toEqual({ maxSize: 1000 });
    expect(limitsOf('{ "cache": {} }')).toEqual({});
    expect(limitsOf("{}")).toEqual({});
  });

  test.each([
    ['{ "cache": { "maxsize": "1GB" } }', /there is no setting "cache\.maxsize" .*did you mean "cache\.maxSize"/],
    ['{ "cahce": {} }', /there is no setting "cahce" .*did you mean "cache"/],
    ['{ "cache": { "zebra": 1 } }', /there is no setting "cache\.zebra" .*it may have "cache\.maxSize"/],
    ['{ "cache": { "maxSize": "20 apples" } }', /"cache\.maxSize" must be a size/],
    ['{ "cache": { "maxSize": -1 } }', /"cache\.maxSize" must be a size/],
    ['{ "cache": { "maxAge": 30 } }', /"cache\.maxAge" must be a time/],
    ['{ "cache": { "pins": "report" } }', /"cache\.pins" must be a list/],
    ['{ "cache": { "pins": [""] } }', /"cache\.pins" must be a list/],
    ['{ "cache": [] }', /"cache" must be an object/],
    ["[]", /the file must be an object/],
    ['{ "cache": ', /it is not JSON/],
    ["", /it is not JSON/],
  ])("says what is wrong with %s", (text, complaint) => {
    expect(complaintAbout(text)).toMatch(complaint);
  });

  test("a prototype is no setting", () => {
    expect(complaintAbout('{ "cache": { "__proto__": {} } }')).toMatch(/there is no setting "cache\.__proto__"/);
  });

  test("is read where a store is opened, and what the call says comes first", async () => {
    const root = newFolder();
    const limitsFrom = async (limits?: Limits) => {
      const store = await openStore({ root, ...(limits ? { limits } : {}) });
      await store.close();
      return store.limits;
    };
    expect(await limitsFrom()).toEqual({});
    writeFileSync(path.join(root, "sluice.json"), '{ "cache": { "maxSize": "1GB", "pins": ["a"] } }');
    expect(await limitsFrom()).toEqual({ maxSize: 1e9, pins: ["a"] });
    expect(await limitsFrom({ maxSize: 5 })).toEqual({ maxSize: 5, pins: ["a"] });
    writeFileSync(path.join(root, "sluice.json"), "{");
    await expect(limitsFrom()).rejects.toMatchObject({ reason: "invalid-definition" });
  });
});

test("a pattern of names means what it says, and nothing of a name is code", () => {
  const fits = nameMatcher(["train-*", "a?c", "x.y", "(z)[1]"]);
  for (const name of ["train-", "train-1/2", "train-\n", "abc", "a🙂c", "x.y", "(z)[1]"])
    expect(fits(name), name).toBe(true);
  for (const name of ["train", "xtrain-1", "ac", "abbc", "xzy", "z1"]) expect(fits(name), name).toBe(false);
  expect(nameMatcher([])("a")).toBe(false);
});
