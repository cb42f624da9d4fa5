import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { failureOf } from "../../src/core/failure.ts";
import { fingerprint } from "../../src/core/fingerprint.ts";
import type { NodeDefinition, StageNode } from "../../src/core/node.ts";
import type { ResultRecord } from "../../src/core/record.ts";
import { HeldResult } from "../../src/run/make/held.ts";
import { runGraph } from "../../src/run/run.ts";
import type { Workspace } from "../../src/run/workspace.ts";
import { registerFormat } from "../../src/store/formats.ts";
import { memoryWorkspace, testGraph, testStage } from "../rig/engine.ts";

const made = fc.array(fc.oneof(fc.string(), fc.array(fc.integer()), fc.uint8Array({ maxLength: 9 })), { minLength: 1 });

/** What a graph gives. Each stage changes what it is given, after it has made its own value of it. */
async function valuesOf(workspace: Workspace, nodes: Readonly<Record<string, NodeDefinition>>) {
  const outcome = await runGraph(workspace, testGraph(nodes), { values: true, jobs: 3 });
  return Object.keys(nodes).map((name) => outcome.value(name));
}

test("what a function does to its inputs, no other sees, in the process in which they were made", async () => {
  await fc.assert(
    fc.asyncProperty(made, async (values) => {
      const nodes: Record<string, NodeDefinition> = {};
      const reader: StageNode["run"] = ({ input }) => {
        const seen = fingerprint(input);
        if (typeof input === "object") Object.assign(input as object, { 0: 255 });
        return seen;
      };
      values.forEach((value, i) => {
        const input = testStage({}, () => value);
        nodes[`made${i}`] = input;
        for (const j of [0, 1, 2]) nodes[`reader${i}-${j}`] = testStage({ input }, reader);
      });
      const workspace = memoryWorkspace();
      const expected = values.flatMap((value) => [value, ...Array(3).fill(fingerprint(value))]);
      // Cold, then from what is recorded.
      for (const _ of [1, 2]) expect(await valuesOf(workspace, nodes)).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

test("a format that writes to its bytes again gives nobody a wrong value", async () => {
  const shared = Buffer.alloc(8);
  registerFormat({
    name: "reusing",
    extension: "",
    version: 1,
    encode: (value) => {
      shared.fill(0);
      shared.write(String(value));
      return { bytes: shared, dataVersion: digestOf(shared) };
    },
    decode: (bytes) => Buffer.from(bytes).toString(),
  });
  const reusing = { format: "reusing" };
  const one = testStage({}, () => "one", reusing);
  const two = testStage({ one }, ({ one }) => `${one}`.replace("one", "two"), reusing);
  const nodes = { one, two, both: testStage({ one, two }, ({ one, two }) => `${one} ${two}`.replaceAll("\0", "")) };
  expect((await valuesOf(memoryWorkspace(), nodes)).map((value) => String(value).replaceAll("\0", ""))).toEqual([
    "one",
    "two",
    "one two",
  ]);
});

test("content that comes from a store is looked at, each time", async () => {
  const workspace = memoryWorkspace();
  const a = testStage({}, () => "sound");
  await valuesOf(workspace, { a });
  for await (const record of workspace.metadata.allResults()) {
    const [artifact] = record.artifacts;
    const bytes = Uint8Array.from(artifact!.inline!);
    bytes[bytes.length - 1]! ^= 1;
    const damaged: ResultRecord = { ...record, artifacts: [{ ...artifact!, inline: bytes }] };
    const held = new HeldResult(workspace, workspace.blobs, damaged);
    expect(failureOf(await held.load(() => {}).catch((error: unknown) => error))?.reason).toBe("corrupt-blob");
  }
});
