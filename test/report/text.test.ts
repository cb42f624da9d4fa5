import { describe, expect, test } from "vitest";
import type { NodeOutcome } from "../../src/core/event.ts";
import { buildGraph } from "../../src/core/graph.ts";
import { definition, type NodeDefinition } from "../../src/core/node.ts";
import { toDot, toMermaid } from "../../src/picture/graph-text.ts";
import { pictureOf } from "../../src/picture/picture.ts";
import { nodesText, planDocument, runText } from "../../src/report/json.ts";
import { planLines } from "../../src/report/plan-text.ts";
import { createStyle, wantsColor } from "../../src/report/style.ts";
import { formatAge, formatBytes, formatCount, formatDuration, formatNumber } from "../../src/text/quantity.ts";
import { describeReason, describeReasons } from "../../src/text/reasons.ts";

describe("quantities", () => {
  test("durations", () => {
    const cases = [0, 0.2, 12.4, 999, 999.6, 1234, 9949, 9960, 59_400, 59_600, 185_000, 7_380_000, 93_600_000].map(
      formatDuration,
    );
    expect(cases).toEqual([
      "0 ms",
      "<1 ms",
      "12 ms",
      "999 ms",
      "1.0 s",
      "1.2 s",
      "9.9 s",
      "10 s",
      "59 s",
      "1 min 00 s",
      "3 min 05 s",
      "2 h 03 min",
      "1 d 02 h",
    ]);
  });

  test("bytes, numbers, counts, ages", () => {
    expect([0, 999, 1000, 12_345, 999_400, 999_600, 5e9].map(formatBytes)).toEqual([
      "0 B",
      "999 B",
      "1.0 kB",
      "12 kB",
      "999 kB",
      "1.0 MB",
      "5.0 GB",
    ]);
    expect([0, 999, 3201, 1_234_567, 0.125, Number.NaN].map(formatNumber)).toEqual([
      "0",
      "999",
      "3,201",
      "1,234,567",
      "0.13",
      "NaN",
    ]);
    expect([formatCount(1, "row"), formatCount(3201, "row"), formatCount(0, "match", "matches")]).toEqual([
      "1 row",
      "3,201 rows",
      "0 matches",
    ]);
    expect([-5, 59_000, 60_000, 3_600_000, 172_800_000].map(formatAge)).toEqual([
      "just now",
      "just now",
      "1 min ago",
      "1 h ago",
      "2 d ago",
    ]);
  });
});

describe("reasons", () => {
  const digest = "ab".repeat(32);
  test.each([
    [{ kind: "first-run" }, "first run"],
    [{ kind: "code" }, "code: changed"],
    [
      { kind: "code", name: "dropInvalid", detail: "changed", file: "lib/clean.ts", line: 12 },
      "code: dropInvalid changed (lib/clean.ts:12)",
    ],
    [{ kind: "code", name: "lib/clean.ts", detail: "added", file: "lib/clean.ts" }, "code: lib/clean.ts was added"],
    [{ kind: "code", name: "papaparse@5.4.1", detail: "removed" }, "code: papaparse@5.4.1 was removed"],
    [
      { kind: "code", name: "version", detail: "another `version` was given" },
      "code: version changed: another `version` was given",
    ],
    [{ kind: "param", name: "topN", before: "5", after: "10" }, "param topN: 5 -> 10"],
    [{ kind: "param", name: "token" }, "param token changed"],
    [{ kind: "input", name: "clean", before: digest, after: digest }, "input clean changed"],
    [{ kind: "input", name: "clean", after: "3", detail: "added" }, "input clean was added"],
    [{ kind: "input", name: "clean", detail: "runs first" }, "input clean runs first"],
    [{ kind: "input", name: "now", detail: "not cached" }, "input now is not cached"],
    [{ kind: "file", name: "sales", file: "data/sales.csv" }, "file sales changed (data/sales.csv)"],
    [{ kind: "env", name: "API_URL" }, "env API_URL changed"],
    [{ kind: "setting", name: "format", before: '"json"', after: '"csv"' }, 'setting format: "json" -> "csv"'],
    [{ kind: "behaviour", name: "recompute" }, "always runs (recompute)"],
    [{ kind: "missing-result", name: "value" }, "its result is gone (value)"],
    [{ kind: "corrupt-result" }, "its result was damaged"],
    [
      { kind: "expired", detail: "made 2026-01-01T00:00:00.000Z" },
      "its result is too old: made 2026-01-01T00:00:00.000Z",
    ],
    [{ kind: "evicted" }, "its result was removed from the cache"],
    [{ kind: "external", name: "orders" }, "what it wrote was changed: orders"],
  ] as const)("%j", (reason, text) => {
    expect(describeReason(reason)).toBe(text);
  });

  test("many are cut, and the cut is told", () => {
    const reasons = ["a", "b", "c", "d", "e"].map((name) => ({ kind: "env", name }) as const);
    expect(describeReasons(reasons)).toBe("env a changed; env b changed; env c changed; and 2 more");
    expect(describeReasons(reasons.slice(0, 1))).toBe("env a changed");
    expect(describeReasons([])).toBe("");
  });
});

describe("colour", () => {
  test.each([
    [{ isTTY: true, env: {}, noColor: false }, true],
    [{ isTTY: false, env: {}, noColor: false }, false],
    [{ isTTY: true, env: { NO_COLOR: "1" }, noColor: false }, false],
    [{ isTTY: true, env: { NO_COLOR: "" }, noColor: false }, true],
    [{ isTTY: false, env: { FORCE_COLOR: "1" }, noColor: false }, true],
    [{ isTTY: true, env: { FORCE_COLOR: "0" }, noColor: false }, false],
    [{ isTTY: true, env: { FORCE_COLOR: "1" }, noColor: true }, false],
    [{ isTTY: true, env: { TERM: "dumb" }, noColor: false }, false],
  ])("%j -> %s", (choice, color) => {
    expect(wantsColor(choice)).toBe(color);
    expect(createStyle(color).bad("x")).toBe(color ? "\x1b[31mx\x1b[39m" : "x");
  });
});

describe("pictures of a graph", () => {
  const site = () => [];
  const source: NodeDefinition = { kind: "param", type: "number", fallback: { value: 1 }, secret: false, site };
  const handle = (node: NodeDefinition) => ({ [definition]: node });
  const stage = (inputs: Record<string, unknown>): NodeDefinition => ({
    kind: "stage",
    inputs,
    run: () => 0,
    cache: "default",
    format: "auto",
    formatOptions: null,
    retries: { times: 0, delay: 1, factor: 1, maxDelay: 1 },
    checks: [],
    site,
  });
  const clean = stage({ limit: handle(source), text: "plain" });
  const evil = stage({ clean: handle(clean), again: handle(clean) });
  const { nodes } = buildGraph(
    new Map([
      ["topN", source],
      ["clean", clean],
      ['a"]; x --> y%%\\', evil],
    ]),
  );

  const drawn = pictureOf({ title: "evil", nodes, root: "/" });

  test("Mermaid: names are data", () => {
    expect(toMermaid(drawn)).toBe(`flowchart LR
  n0(["topN"])
  n1["clean"]
  n2["a#34;#93;#59; x --#62; y#37;#37;#92;"]
  n0 -->|"limit"| n1
  n1 --> n2
  n1 -->|"again"| n2
`);
  });

  test("DOT: names are data", () => {
    expect(toDot(drawn)).toBe(`digraph pipeline {
  rankdir=LR;
  node [fontname="sans-serif"];
  n0 [label="topN", shape=oval];
  n1 [label="clean", shape=box];
  n2 [label="a\\"]; x --> y%%\\\\", shape=box];
  n0 -> n1 [label="limit"];
  n1 -> n2;
  n1 -> n2 [label="again"];
}
`);
  });
});

describe("documents", () => {
  test("a run's has the promised shape, and a node may have any name", () => {
    const outcome = {
      status: "executed",
      kind: "stage",
      key: "k",
      dataVersion: "d",
      durationMs: 1.23456,
      savedMs: 0,
      reasons: [{ kind: "first-run" }],
      madeBy: "not told",
    } as const;
    const cause = Object.assign(new Error("no"), { stack: "Error: no\n    at x" });
    const failure = { reason: "stage-failed", message: "no", retryable: false, cause } as const;
    const nodes = new Map<string, NodeOutcome>([
      ["__proto__", outcome],
      ["b", { status: "failed", kind: "stage", durationMs: 1, savedMs: 0, reasons: [], failure }],
    ]);
    const run = { runId: "r", status: "failed", durationMs: 5, savedMs: 0, nodes } as const;
    const text = runText(run);
    expect(JSON.parse(text)).toEqual(
      JSON.parse(`{ "runId": "r", "status": "failed", "durationMs": 5, "savedMs": 0, "nodes": {
        "__proto__": { "status": "executed", "kind": "stage", "key": "k", "dataVersion": "d", "durationMs": 1.235, "savedMs": 0, "reasons": [{ "kind": "first-run" }] },
        "b": { "status": "failed", "kind": "stage", "durationMs": 1, "savedMs": 0, "reasons": [],
          "failure": { "reason": "stage-failed", "message": "no", "retryable": false, "cause": "Error: no\\n    at x" } } } }`),
    );
    // Laid out as one document, with warnings and without, whatever was rendered before.
    const warned = [{ reason: "read-only", message: 'a\n"b"', retryable: false }] as const;
    for (const warnings of [[], warned]) {
      const whole = runText(run, warnings, nodesText(nodes));
      expect(whole).toBe(`${JSON.stringify(JSON.parse(whole), undefined, 2)}\n`);
    }
    expect(runText({ ...run, nodes: new Map() })).toContain('"nodes": {}');
  });

  const planned = [
    { node: "sales", kind: "file", status: "hit", reasons: [], warnings: [] },
    { node: "fetch", kind: "stage", status: "hit", reasons: [], warnings: [], savedMs: 8000 },
    {
      node: "clean",
      kind: "stage",
      status: "run",
      reasons: [{ kind: "file", name: "sales" }],
      warnings: [],
      expectedMs: 1200,
    },
    {
      node: "report",
      kind: "stage",
      status: "maybe",
      reasons: [{ kind: "input", name: "clean", detail: "runs first" }],
      warnings: [],
    },
  ] as const;

  const cost = { runMs: 1200, pathMs: 1200, maybeMs: 0, savedMs: 8000, unknown: ["report"] };

  test("a plan's has the same shape", () => {
    expect(planDocument({ nodes: planned, cost })).toEqual({
      runId: null,
      status: "ok",
      durationMs: 1200,
      savedMs: 8000,
      cost,
      nodes: {
        sales: { status: "hit", kind: "file", durationMs: 0, savedMs: 0, reasons: [] },
        fetch: { status: "hit", kind: "stage", durationMs: 0, savedMs: 8000, reasons: [] },
        clean: {
          status: "run",
          kind: "stage",
          durationMs: 1200,
          expectedMs: 1200,
          savedMs: 0,
          reasons: [{ kind: "file", name: "sales" }],
        },
        report: {
          status: "maybe",
          kind: "stage",
          durationMs: 0,
          savedMs: 0,
          reasons: [{ kind: "input", name: "clean", detail: "runs first" }],
        },
      },
    });
  });

  test("a plan for a person", () => {
    const options = { style: createStyle(false), loudness: "normal" } as const;
    expect(planLines({ nodes: planned, cost }, options)).toEqual([
      "run    clean        1.2 s  file sales changed",
      "maybe  report              input clean runs first",
      "1 stage would run, 1 may, if what they read turns out different, 1 would be reused; saves 8.0 s",
      "expected: 1.2 s; not known of 1 stage",
    ]);
    const nothing = { runMs: 0, pathMs: 0, maybeMs: 0, savedMs: 8000, unknown: [] };
    expect(planLines({ nodes: planned.slice(0, 2), cost: nothing }, options)).toEqual([
      "nothing to do: the stage is cached; saves 8.0 s",
    ]);
  });

  test("a plan gives each reason a line, cut to the terminal, and says how long the longest chain is", () => {
    const reasons = ["a", "b", "c", "d"].map(
      (name) => ({ kind: "code", name, file: `lib/${name}.ts`, line: 3 }) as const,
    );
    const node = { node: "clean", kind: "stage", status: "run", expectedMs: 5000, warnings: [], reasons } as const;
    const more = { runMs: 9000, pathMs: 5000, maybeMs: 2000, savedMs: 0, unknown: [] };
    const options = { style: createStyle(false), loudness: "normal", columns: 46 } as const;
    expect(planLines({ nodes: [node], cost: more }, options)).toEqual([
      "run    clean       5.0 s  code: a changed (li…",
      "                          code: b changed (li…",
      "                          code: c changed (li…",
      "                          and 1 more",
      "1 stage would run, 0 would be reused",
      "expected: 9.0 s of work, 5.0 s at the least; up to 2.0 s more",
    ]);
  });
});
