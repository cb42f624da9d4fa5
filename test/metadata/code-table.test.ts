import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import type { CodePart } from "../../src/core/code-part.ts";
import { digestOf } from "../../src/core/digest.ts";
import { metadataSchema } from "../../src/metadata/migrations/schema.ts";
import { CodeTable } from "../../src/metadata/sqlite/code-table.ts";
import { openDatabase } from "../../src/metadata/sqlite/open-database.ts";
import { openSqliteMetadata } from "../../src/metadata/sqlite-metadata.ts";
import { sampleResult } from "./samples.ts";

const dir = mkdtempSync(path.join(tmpdir(), "sluice-code-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let count = 0;
const newFile = (): string => path.join(dir, `${count++}.db`);

function part(name: string): CodePart {
  return { kind: "declaration", name, file: "a.ts", line: 3, digest: digestOf(name), text: `const ${name} = 1;` };
}

const [v1, v2] = [digestOf("v1"), digestOf("v2")];
const files = { kind: "files", files: [["a.txt", "00"]] } as const;

test("code and inputs go with the last result that has them, and what is shared stays", async () => {
  const metadata = openSqliteMetadata({ file: newFile() });
  const shared = part("shared");
  const of = (name: string, codeVersion: string) => {
    const input = { name: "x", kind: "glob", node: "x", version: digestOf(`in ${name}`) } as const;
    return sampleResult(name, { codeVersion, inputs: [input] });
  };
  await metadata.putResults([], { code: [{ version: v1, parts: [part("one"), shared] }] });
  await metadata.putResults([], { code: [{ version: v2, parts: [part("two"), shared] }] });
  await metadata.putResults([], { inputs: new Map(["a", "b"].map((name) => [digestOf(`in ${name}`), files])) });
  await metadata.putResults([of("a", v1), of("b", v2)]);
  await metadata.removeResults([of("a", v1).key]);
  expect(await metadata.getCode(v1)).toBeUndefined();
  expect(await metadata.getInput(digestOf("in a"))).toBeUndefined();
  expect(await metadata.getCode(v2)).toStrictEqual([part("two"), shared]);
  expect(await metadata.getInput(digestOf("in b"))).toStrictEqual(files);
  metadata.close();
});

test("a part that another process has removed since is stored again", async () => {
  const file = newFile();
  const [one, other] = [openSqliteMetadata({ file }), openSqliteMetadata({ file })];
  const parts = [part("a"), part("b")];
  await one.putResults([], { code: [{ version: v1, parts }] });
  await other.clear();
  await other.putResults([], { code: [{ version: v2, parts: [part("c"), part("d")] }] });
  await one.putResults([], { code: [{ version: v1, parts }] });
  await one.putResults([], { code: [{ version: v2, parts }] });
  for (const metadata of [one, other]) {
    expect(await metadata.getCode(v1)).toStrictEqual(parts);
    expect(await metadata.getCode(v2)).toStrictEqual(parts);
    metadata.close();
  }
});

test("a version that is a function of its own has it in its row, unless that is long", async () => {
  const file = newFile();
  const metadata = openSqliteMetadata({ file });
  const database = new DatabaseSync(file);
  const partsStored = () => database.prepare("SELECT count(*) AS count FROM code_parts").get()!.count;
  const own: CodePart = { ...part("own"), own: true };
  const long: CodePart = { ...own, text: "x".repeat(3000) };
  const { text, ...bare } = own;
  await metadata.putResults([], { code: [{ version: v1, parts: [bare], textOf: () => text }] });
  expect(partsStored()).toBe(0);
  expect(await metadata.getCode(v1)).toStrictEqual([own]);
  await metadata.putResults([], { code: [{ version: v2, parts: [long] }] });
  expect(partsStored()).toBe(1);
  expect(await metadata.getCode(v2)).toStrictEqual([long]);
  await metadata.putResults([], { code: [{ version: v1, parts: [{ ...own, line: 7 }, part("other")] }] });
  expect(await metadata.getCode(v1)).toStrictEqual([{ ...own, line: 7 }, part("other")]);
  await metadata.putResults([], { code: [{ version: v1, parts: [own] }] });
  expect(await metadata.getCode(v1)).toStrictEqual([own]);
  expect(await metadata.check()).toEqual([]);
  database.prepare("UPDATE code SET body = substr(body, 1, length(body) - 1) || x'20' WHERE version = ?").run(v1);
  expect(await metadata.getCode(v1)).toBeUndefined();
  await metadata.check({ repair: true });
  expect(await metadata.check()).toEqual([]);
  await metadata.putResults([sampleResult("a", { codeVersion: v1 })], { code: [{ version: v1, parts: [own] }] });
  expect(await metadata.getCode(v1)).toStrictEqual([own]);
  await metadata.removeResults([sampleResult("a").key]);
  expect(await metadata.getCode(v1)).toBeUndefined();
  database.close();
  metadata.close();
});

test("what another process records or removes while all of it is looked at is not taken for damage", async () => {
  const file = newFile();
  const other = openSqliteMetadata({ file });
  await other.putResults([], { code: [{ version: v1, parts: [part("a")] }] });
  const connection = openDatabase({ file, schema: metadataSchema, timeout: 1000, onWarning: () => {} });
  const warnings: unknown[] = [];
  let between = (): void => {};
  /** Something happens after the first look. */
  const watched = new Proxy(connection, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        const found: unknown = member.apply(target, args);
        if (name !== "iterate" && name !== "get") return found;
        const rows = name === "iterate" ? [...(found as Iterable<unknown>)] : found;
        between();
        between = () => {};
        return rows;
      };
    },
  });
  const table = new CodeTable(watched, (warning) => void warnings.push(warning));
  between = () => void other.putResults([], { code: [{ version: v2, parts: [part("b")] }] });
  expect(table.damaged()).toEqual([]);
  between = () => void other.clear();
  expect(table.get(v2)).toStrictEqual([part("b")]);
  expect(table.get(v2)).toBeUndefined();
  expect(warnings).toEqual([]);
  connection.close();
  other.close();
});
