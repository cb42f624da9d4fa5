import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { fail } from "../../src/core/failure.ts";
import type { ResultRecord } from "../../src/core/record.ts";
import type { StageFacts } from "../../src/run/decision.ts";
import { Recorder } from "../../src/run/make/recorder.ts";
import type { Workspace } from "../../src/run/workspace.ts";
import { sampleResult } from "../metadata/samples.ts";

const facts = (name: string) =>
  ({ node: { name, inputs: [] }, codeVersion: digestOf(name), code: { parts: [] } }) as unknown as StageFacts;

/** A recorder over metadata that notes what is put together, in what order with leases. */
function recorderOver(putResults: (names: readonly string[]) => void = () => {}) {
  const log: string[] = [];
  const lost: string[] = [];
  const workspace = {
    metadata: {
      putResults: async (results: readonly ResultRecord[]) => {
        const names = results.map(({ node }) => node);
        putResults(names);
        log.push(names.join(" "));
      },
      synced: async () => void log.push("synced"),
    },
    analyser: { textOf: () => undefined },
  } as unknown as Workspace;
  const recorder = new Recorder({ workspace, onLost: ({ node }) => lost.push(node.name) });
  const record = (name: string, durationMs: number) => recorder.record(sampleResult(name, { durationMs }), facts(name));
  const lease = (name: string) => ({ release: async () => void log.push(`-${name}`) });
  return { recorder, record, lease, log, lost };
}

const idle = () => new Promise((done) => setImmediate(() => setImmediate(done)));

describe("a recorder", () => {
  test("writes trivial results together, when the process has nothing else to do", async () => {
    const { record, log } = recorderOver();
    for (const name of ["a", "b", "c"]) await record(name, 0.1);
    expect(log).toEqual([]);
    await idle();
    expect(log).toEqual(["a b c"]);
    await record("d", 0.1);
    await idle();
    expect(log).toEqual(["a b c", "d"]);
  });

  test("writes what took long before anything else goes on, with all that waits", async () => {
    const { record, log } = recorderOver();
    await record("a", 1);
    await record("long", 1000);
    expect(log).toEqual(["a long"]);
  });

  test("does not hold back more work, or more results, than a write costs", async () => {
    const { record, log } = recorderOver();
    for (let i = 0; i < 100; i++) await record(`${i}`, 1);
    expect(log.length).toBe(4);
    for (let i = 0; i < 2500; i++) await record(`${i}`, 0);
    expect(log.length).toBe(6);
  });

  test("gives a key up only when its result can be found", async () => {
    const { recorder, record, lease, log } = recorderOver();
    await recorder.release(lease("failed"));
    await record("a", 0);
    await recorder.release(lease("a"));
    expect(log).toEqual(["-failed"]);
    await recorder.flush();
    expect(log).toEqual(["-failed", "a", "-a"]);
    await record("b", 0);
    await recorder.finish();
    expect(log).toEqual(["-failed", "a", "-a", "b", "synced"]);
  });

  test("says of each result that cannot be written that it is lost, and gives its key up", async () => {
    let full = true;
    const { recorder, record, lease, log, lost } = recorderOver(() => {
      if (full) fail("no-space", "the disk is full");
    });
    await record("a", 0);
    await recorder.release(lease("a"));
    await recorder.flush();
    expect([lost, log]).toEqual([["a"], ["-a"]]);
    await record("b", 0);
    // Whoever waits is told itself.
    await expect(record("long", 1000)).rejects.toThrow("the disk is full");
    expect(lost).toEqual(["a", "b"]);
    full = false;
    await record("c", 1000);
    expect(log).toEqual(["-a", "c"]);
  });
});
