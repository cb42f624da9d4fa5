import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { markText, ownMark } from "../../src/platform/process-mark.ts";
import { differencesFromClean } from "./clean-run.ts";
import { brokenInvariants } from "./invariants.ts";
import { rig } from "./rig.ts";

const pipeline = `
import { stage } from "sluice";
export const large = stage({}, () => "large".repeat(5000));
export const random = stage({}, () => String(Math.random()).repeat(1000));
export const end = stage({ large, random }, ({ large, random }) => large.length + Number(random.length > 0), { output: "out/end.json" });
`;

const project = await rig.project({ "pipeline.ts": pipeline });
afterAll(() => project[Symbol.asyncDispose]());
const cache = path.join(project.dir, ".sluice");
const home = path.join(cache, "v1");

function aBlob(): string {
  const shard = path.join(home, "blobs", readdirSync(path.join(home, "blobs"))[0]!);
  return path.join(shard, readdirSync(shard)[0]!);
}

function change(sql: string): void {
  const database = new DatabaseSync(path.join(home, "metadata.db"));
  database.exec(sql);
  database.close();
}

describe("what is broken in a store is found", () => {
  beforeEach(async () => {
    rmSync(cache, { recursive: true, force: true });
    expect((await project.sluice("run", "--json", "end")).code).toBe(0);
  });

  test("a sound store", async () => {
    expect(brokenInvariants(cache)).toEqual([]);
    expect((await project.sluice("cache", "gc")).code).toBe(0);
    expect(brokenInvariants(cache, { collected: true })).toEqual([]);
  });

  test.each<[string, RegExp, () => void]>([
    ["a flipped bit", /blob .*: its content is another|frame|unpack|Unknown/i, () => flip(aBlob(), 20)],
    ["a cut blob", /its trailer/, () => writeFileSync(aBlob(), readFileSync(aBlob()).subarray(0, -5))],
    ["a blob that is gone", /refers to a blob that is not there/, () => rmSync(aBlob())],
    ["a swapped blob", /its content is another/, swap],
    ["a record under another key", /cannot be read/, () => change("UPDATE results SET key = replace(key, 'a', 'b')")],
    ["an inline value", /inline value of end .* does not match/, spoilInline],
    ["a damaged database", /metadata\.db: /, () => flip(path.join(home, "metadata.db"), 101)],
    ["a file that is no blob", /is no blob/, () => writeFileSync(`${aBlob()}.tmp`, "")],
    ["an unknown file", /other does not belong/, () => writeFileSync(path.join(home, "other"), "")],
  ])("%s", (_, says, spoil) => {
    spoil();
    expect(brokenInvariants(cache).join("\n")).toMatch(says);
  });

  test("what gc should have removed", () => {
    change("DELETE FROM results WHERE node = 'large'");
    writeFileSync(path.join(home, "tmp", `${markText({ ...ownMark(), pid: 999_999_999 })}-abc`), "");
    const broken = brokenInvariants(cache, { collected: true });
    expect(broken).toEqual([
      expect.stringMatching(/^blob .* is needed by no record, and gc left it$/),
      expect.stringMatching(/^tmp\/.* was left by gc$/),
    ]);
    expect(brokenInvariants(cache)).toEqual([]);
  });

  test("a result that differs from a clean one", async () => {
    const differences = await differencesFromClean(project, "end");
    expect(differences.join("\n")).toMatch(/^random is [0-9a-f]{64}, and [0-9a-f]{64} when it is made from nothing$/);
    writeFileSync(path.join(project.dir, "stray.txt"), "");
    expect(await differencesFromClean(project, "large")).toEqual([
      "out/end.json is another when it is made from nothing",
    ]);
  });
});

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 4;
  writeFileSync(file, bytes);
}

function swap(): void {
  const files = readdirSync(path.join(home, "blobs")).flatMap((shard) =>
    readdirSync(path.join(home, "blobs", shard)).map((name) => path.join(home, "blobs", shard, name)),
  );
  const [one, other] = files as [string, string];
  renameSync(one, `${home}/kept`);
  renameSync(other, one);
  renameSync(`${home}/kept`, other);
}

function spoilInline(): void {
  change("UPDATE results SET inline = zeroblob(length(inline)) WHERE node = 'end'");
}
