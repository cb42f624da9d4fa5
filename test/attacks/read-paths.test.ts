import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { NodeDefinition, StageNode } from "../../src/core/node.ts";
import type { FileHandle } from "../../src/platform/file-handle.ts";
import type { RowsHandle } from "../../src/platform/rows-handle.ts";
import { openStore } from "../../src/run/open-store.ts";
import { runGraph } from "../../src/run/run.ts";
import type { Workspace } from "../../src/run/workspace.ts";
import { noise } from "../conformance/blob-store.ts";
import { memoryWorkspace, testGraph, testStage } from "../rig/engine.ts";
import { brokenInvariants } from "../rig/invariants.ts";
import { testMap } from "../run/map/support.ts";
import { moreInjuries } from "./injuries.ts";

/*
 * Every kind of damage, met on every way by which bytes leave the store: found, made anew, healed, and never part of a result.
 */

type Nodes = Readonly<Record<string, NodeDefinition>>;

interface ReadPath {
  /** The nodes: `source` has the blob that is damaged, and `reader` reads it; its code is this edition. */
  nodes(root: string, edition: number): Nodes;
  /** What is done between the runs, so that the second has to read. */
  between?(root: string): void | Promise<void>;
  /** Whether that forgets a result, which then has to be made anew each time. */
  readonly isForgotten?: boolean;
  /** The artifact whose blob is damaged; `value` unless given. */
  readonly artifact?: string;
  /** The node that has it; `source` unless given. */
  readonly node?: string;
  /** What the result is, beside the reader's value. */
  outside?(root: string): unknown;
}

const long = Buffer.from(noise(2_600_000, 3));
const lines = "line after line\n".repeat(20_000);

async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 700_000) yield content.subarray(at, at + 700_000);
}

async function* rows(): AsyncGenerator<unknown> {
  for (let i = 0; i < 5000; i++) yield { i, name: `row ${i}`, half: i / 2 };
}

type Inputs = Readonly<Record<string, unknown>>;

/** A source, and a reader that reads it so. */
function read(source: () => unknown, reader: (value: never) => unknown, more: Partial<StageNode> = {}): ReadPath {
  return {
    nodes: (_, edition) => {
      const made = testStage({}, source, { ...more, code: 1 });
      const run = async ({ source }: Inputs): Promise<unknown> => reader(source as never);
      return { source: made, reader: testStage({ source: made }, run, { code: 10 + edition }) };
    },
  };
}

async function lengthOf(stream: AsyncIterable<{ readonly length: number }>): Promise<number> {
  let length = 0;
  for await (const piece of stream) length += piece.length;
  return length;
}

const handle = { artifact: "files.0" };
const readPaths: Readonly<Record<string, ReadPath>> = {
  "a value": read(
    () => lines,
    (text: string) => text.length,
  ),
  "a value that does not compress": read(
    () => long,
    (bytes: Uint8Array) => bytes.length,
  ),
  "a stream": {
    ...read(
      () => pieces(long),
      (file: FileHandle) => lengthOf(file.stream()),
    ),
    ...handle,
  },
  "the beginning of a stream": {
    ...read(
      () => pieces(long),
      async (file: FileHandle) => {
        for await (const piece of file.stream()) return piece.length > 0;
        return false;
      },
    ),
    ...handle,
  },
  "a stream whose error is caught": {
    ...read(
      () => pieces(long),
      async (file: FileHandle) => lengthOf(file.stream()).catch(() => -1),
    ),
    ...handle,
  },
  "bytes of a handle": {
    ...read(
      () => pieces(long),
      async (file: FileHandle) => (await file.bytes()).length,
    ),
    ...handle,
  },
  "text of a handle": {
    ...read(
      () => pieces(Buffer.from(lines)),
      async (file: FileHandle) => (await file.text()).length,
    ),
    ...handle,
  },
  "the path of a handle": {
    ...read(
      () => pieces(long),
      (file: FileHandle) => readFileSync(file.path).length,
    ),
    ...handle,
  },
  "rows one by one": { ...read(rows, (list: RowsHandle) => lengthOf(toLists(list))), ...handle },
  "rows in batches": { ...read(rows, (list: RowsHandle) => lengthOf(list.batches())), ...handle },
  "the first rows": { ...read(rows, async (list: RowsHandle) => (await list.first(2)).length), ...handle },
  "rows in lines of JSON": {
    ...read(rows, async (list: RowsHandle) => (await list.toArray()).length, { format: "ndjson" }),
    ...handle,
  },
  "the file of rows": {
    ...read(rows, (list: RowsHandle) => readFileSync(list.file().path).length, { format: "csv" }),
    ...handle,
  },
  "an output that is placed again": {
    nodes: (root) => {
      const reader = testStage({}, () => lines, { format: "text", output: path.join(root, "out/x.txt") });
      return { reader };
    },
    node: "reader",
    between: (root) => rmSync(path.join(root, "out"), { recursive: true }),
    outside: (root) => readFileSync(path.join(root, "out/x.txt"), "utf8").length,
  },
  "named outputs that are placed again": {
    nodes: (root) => {
      const write = (_: Inputs, { outputs }: { readonly outputs: Readonly<Record<string, string>> }): void => {
        writeFileSync(outputs.large!, long);
        writeFileSync(outputs.small!, Buffer.from("small"));
      };
      const outputs = { large: path.join(root, "out/large.bin"), small: path.join(root, "out/small.txt") };
      return { reader: testStage({}, write as StageNode["run"], { outputs }) };
    },
    node: "reader",
    artifact: "outputs.large",
    between: (root) => rmSync(path.join(root, "out"), { recursive: true }),
    outside: (root) => [readFileSync(path.join(root, "out/large.bin")).length, readdirSync(path.join(root, "out"))],
  },
  "the list of a map": mapped({ reader: (list: unknown[]) => list.length }),
  "an item of a map": mapped({
    reader: (list: { readonly text: string }[]) => list[3]!.text.length,
    node: "source[]",
  }),
  "the list of a map as JSON": mapped({
    reader: (list: unknown[]) => list.length,
    format: "json",
  }),
};

function mapped(given: {
  readonly reader: (list: never) => unknown;
  readonly node?: string;
  readonly format?: string;
}): ReadPath {
  const { reader, node = "source", format = "auto" } = given;
  return {
    nodes: (_, edition) => {
      const items = Array.from({ length: 40 }, (_, n) => n);
      const work = (n: number): unknown => ({ n, text: `${n} `.repeat(4000) });
      const source = testMap(items, {}, work as never, { format });
      const run = async ({ source }: Inputs): Promise<unknown> => reader(source as never);
      return { source, reader: testStage({ source }, run, { code: 10 + edition }) };
    },
    node,
    // Without the list it is made anew, from the results of the items.
    ...(node === "source" ? {} : { isForgotten: true, between: (root: string) => forget(root, "source") }),
  };
}

async function* toLists(list: AsyncIterable<unknown>): AsyncGenerator<unknown[]> {
  for await (const row of list) yield [row];
}

const kinds = Object.keys(moreInjuries);
const isLong = process.env.SLUICE_LONG !== undefined;

/** All damages in a long test; else a few for each way, so that all ways together meet all of them. */
function injuriesFor(way: string): readonly string[] {
  const at = Object.keys(readPaths).indexOf(way);
  return isLong ? kinds : [0, 7, 13].map((step) => kinds[(at * 3 + step) % kinds.length]!);
}

const tally = { cases: 0, kinds: new Set<string>() };

async function open(root: string): Promise<Workspace> {
  return { ...(await openStore({ root })), analyser: memoryWorkspace().analyser };
}

async function forget(root: string, node: string): Promise<void> {
  const workspace = await open(root);
  try {
    await workspace.metadata.removeResults((await workspace.metadata.resultsOf(node, 10)).map(({ key }) => key));
  } finally {
    await workspace.close();
  }
}

async function run(root: string, { nodes, outside }: ReadPath, edition: number) {
  const workspace = await open(root);
  try {
    const outcome = await runGraph(workspace, testGraph(nodes(root, edition)), { values: true, targets: ["reader"] });
    const failures = [...outcome.nodes.values()].flatMap(({ failure }) => (failure ? [failure.message] : []));
    return { outcome, failures, result: [outcome.value("reader"), outside?.(root)] };
  } finally {
    await workspace.close();
  }
}

/** The file of the blob that is to be damaged. */
async function victim(root: string, { node = "source", artifact = "value" }: ReadPath): Promise<string> {
  const workspace = await open(root);
  try {
    const [record] = await workspace.metadata.resultsOf(node, 1);
    const { digest, inline } = record!.artifacts.find(({ name }) => name === artifact)!;
    expect(inline).toBeUndefined();
    return path.join(root, ".sluice/v1/blobs", digest.slice(0, 2), digest.slice(2));
  } finally {
    await workspace.close();
  }
}

describe.each(Object.keys(readPaths))("%s", (name) => {
  const way = readPaths[name]!;
  test.each(injuriesFor(name))("where the blob is now: %s", { timeout: 60_000 }, async (injury) => {
    const root = mkdtempSync(path.join(tmpdir(), "sluice-read-"));
    try {
      const { result: before, failures } = await run(root, way, 1);
      expect(failures).toEqual([]);
      const file = await victim(root, way);
      const good = readFileSync(file);
      await way.between?.(root);
      moreInjuries[injury]!(file);
      const { outcome, failures: after, result } = await run(root, way, 2);
      expect(after).toEqual([]);
      // What the reader gives does not depend on its edition, so this is what a clean run gives.
      expect(result).toEqual(before);
      const { status, reasons } = outcome.nodes.get(way.node?.replace("[]", "") ?? "source")!;
      expect(status).toBe("executed");
      expect(reasons.map(({ kind }) => kind)).toEqual([expect.stringMatching(/^(corrupt|missing)-result$|^evicted$/)]);
      // A pipe that is still there would be waited for.
      expect(lstatSync(file).isFile()).toBe(true);
      expect(readFileSync(file).equals(good)).toBe(true);
      tally.cases += 1;
      tally.kinds.add(injury);

      if (!way.isForgotten) await way.between?.(root);
      const third = await run(root, way, 2);
      expect(third.result).toEqual(before);
      expect([...third.outcome.nodes.values()].map(({ status }) => status)).toEqual(
        [...third.outcome.nodes.values()].map(() => "hit"),
      );
      rmSync(`${file}.copy`, { force: true });
      const broken = brokenInvariants(path.join(root, ".sluice"));
      // What it was swapped with is read by nobody here.
      expect(broken).toHaveLength(injury === "swapped with another blob" ? broken.length : 0);
      if (broken.length > 0) expect(broken).toEqual([expect.stringContaining("its content is another")]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

test("every damage was met, and none served", () => {
  const ways = Object.keys(readPaths).length;
  expect(tally.kinds).toEqual(new Set(kinds));
  console.log(
    `damaged blobs: ${tally.cases} cases (${kinds.length} damages, ${ways} ways to read): all found and healed`,
  );
});
