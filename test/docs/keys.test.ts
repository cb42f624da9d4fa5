import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { Tag } from "../../src/core/canonical/scheme.ts";
import { encode } from "../../src/core/canonical.ts";
import { metadataSchema } from "../../src/metadata/migrations/schema.ts";
import { page, section } from "./markdown.ts";

const shared = { a: 1 };
const cycle: unknown[] = [];
cycle.push(cycle);

/** The values of the table of examples, as it writes them. */
const examples: readonly (readonly [text: string, value: unknown])[] = [
  ["`undefined`", undefined],
  ["`true`", true],
  ["`0`", 0],
  ["`-0`", -0],
  ["`300`", 300],
  ["`-1`", -1],
  ["`0.5`", 0.5],
  ["`0n`", 0n],
  ["`-256n`", -256n],
  ['`"ab"`', "ab"],
  ['`"\\ud800"`', "\ud800"],
  ["`[]`", []],
  ["`[1, -1]`", [1, -1]],
  ["`[1, 0.5]`", [1, 0.5]],
  // biome-ignore lint/suspicious/noSparseArray: a hole is what it is about
  ["`[, 1]`", [, 1]],
  ['`["a", true]`', ["a", true]],
  ["`{}`", {}],
  ["`{ a: 1 }`", { a: 1 }],
  ["`[{ a: 1 }, { a: 2 }]`", [{ a: 1 }, { a: 2 }]],
  ["`[x, x]` where `x = { a: 1 }`", [shared, shared]],
  ["`x` where `x = [x]`", cycle],
  ["`new Map([[1, 2]])`", new Map([[1, 2]])],
  ["`new Set([1])`", new Set([1])],
  ["`new Date(0)`", new Date(0)],
  ["`new Uint8Array([7])`", new Uint8Array([7])],
  ["`Buffer.from([7])`", Buffer.from([7])],
  ["`/a/g`", /a/g],
];

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

describe("docs/keys.md", () => {
  const keys = page("docs/keys.md");
  const rows = [...section(keys, "### Examples")!.matchAll(/^\| (.+) \| `([\da-f ]+)` \|$/gm)];

  test("gives every value's bytes as they are", () => {
    const start = /\(`([\da-f ]+)`\)/.exec(section(keys, "### Examples")!)![1]!;
    const given = rows.map(([, value, bytes]) => [value!, `${start} ${bytes}`]);
    expect(given).toEqual(examples.map(([text, value]) => [text, hex(encode(value))]));
  });

  test("lists every tag", () => {
    const tags = section(keys, "### Tags")!;
    const listed = new Set([...tags.matchAll(/`([\da-f]{2})`/g)].map(([, tag]) => Number.parseInt(tag!, 16)));
    expect([...listed].filter((tag) => !Object.values(Tag).some((known) => known === tag))).toEqual([]);
    for (const [name, tag] of Object.entries(Tag)) {
      expect(listed, name).toContain(tag);
      expect(tags, name).toContain(name.replace(/Object$/, "").replace(/^Null$/, "NullObject"));
    }
  });
});

describe("docs/store-format.md", () => {
  test("names every table and column", () => {
    const store = section(page("docs/store-format.md"), "## Records: metadata.db")!;
    const database = new DatabaseSync(":memory:");
    for (const step of metadataSchema.migrations) database.exec(step);
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all();
    expect(tables.length).toBeGreaterThan(5);
    for (const { name } of tables) {
      const columns = database
        .prepare("SELECT name FROM pragma_table_info(?)")
        .all(name!)
        .map((column) => `\`${column.name}\``);
      expect(store).toContain(`| \`${name}\` | ${columns.join(", ")} |`);
    }
    database.close();
  });
});
