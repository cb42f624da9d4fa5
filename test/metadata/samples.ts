import fc from "fast-check";
import type { CodePart } from "../../src/core/code-part.ts";
import { digestOf } from "../../src/core/digest.ts";
import type { NodeOutcome } from "../../src/core/event.ts";
import type { JsonValue } from "../../src/core/json.ts";
import type { Artifact, OutsidePath, ResultRecord } from "../../src/core/record.ts";
import type { RunRecord } from "../../src/metadata/metadata.ts";

export function sampleArtifact(text: string, name = "value"): Artifact {
  const inline = Buffer.from(text);
  return { name, digest: digestOf(inline), size: inline.length, inline: new Uint8Array(inline) };
}

export function sampleResult(name: string, over: Partial<ResultRecord> = {}): ResultRecord {
  return {
    key: digestOf(`key of ${name}`),
    node: name,
    kind: "stage",
    codeVersion: digestOf("code"),
    inputs: [
      { name: "sales", kind: "file", node: "sales", version: digestOf("sales") },
      { name: "topN", kind: "value", version: digestOf("5"), preview: "5" },
    ],
    settings: { format: "auto" },
    dataVersion: digestOf(`value of ${name}`),
    format: "auto",
    artifacts: [sampleArtifact(name), { name: "output", digest: digestOf("big"), size: 123_456, executable: true }],
    meta: { rows: 12 },
    warnings: ["3 rows look odd"],
    durationMs: 12.5,
    createdAt: 1_700_000_000_000,
    runId: "run-1",
    ...over,
  };
}

export function sampleRun(id: string, over: Partial<RunRecord> = {}): RunRecord {
  return { id, startedAt: 1_700_000_000_000, cache: "rw", targets: ["report"], savedMs: 0, counts: {}, ...over };
}

export const sampleParts: readonly CodePart[] = [
  {
    kind: "declaration",
    name: "dropInvalid",
    file: "lib/clean.ts",
    line: 12,
    digest: digestOf("a"),
    own: true,
    uses: ["lib/rows.ts#isValid", "papaparse#parse"],
    text: "function dropInvalid() {\n  // \ud800 \0\n}",
  },
  { kind: "package", name: "papaparse@5.4.1", digest: digestOf("b") },
];

export const sampleOutcomes: ReadonlyMap<string, NodeOutcome> = new Map<string, NodeOutcome>([
  [
    "clean",
    {
      status: "hit",
      kind: "stage",
      key: digestOf("key"),
      dataVersion: digestOf("value"),
      durationMs: 0,
      savedMs: 8000,
      reasons: [],
      madeBy: "run-0",
      shared: true,
    },
  ],
  [
    "__proto__",
    {
      status: "failed",
      kind: "stage",
      durationMs: 3,
      savedMs: 0,
      reasons: [{ kind: "code", name: "dropInvalid", file: "lib/clean.ts", line: 12, before: "a", after: "b" }],
      failure: {
        reason: "stage-failed",
        message: "it broke",
        retryable: false,
        where: { file: "p.ts", line: 3, column: 4 },
        hint: "mend it",
      },
      unrecorded: "sales.csv changed while it ran",
    },
  ],
  [
    "report",
    {
      status: "skipped",
      kind: "stage",
      durationMs: 0,
      savedMs: 0,
      reasons: [],
      stoppedBy: "__proto__",
      reads: [{ name: "rows", node: "clean" }, { name: "limit" }],
    },
  ],
]);

/** Names as nobody would choose them. */
export const anyName: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "%", "a_b", "'; DROP TABLE results; --", "a\0b", "\ud800", "🙂", ""),
);

const anyDigest = fc.string().map((text) => digestOf(text));
/** `-0` is none of JSON's values. */
const anyJson = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const anyMilliseconds = fc.nat({ max: 2 ** 40 });

const anyArtifact: fc.Arbitrary<Artifact> = fc.oneof(
  fc
    .record({ name: anyName, bytes: fc.uint8Array({ maxLength: 200 }) })
    .map(({ name, bytes }) => ({ name, digest: digestOf(bytes), size: bytes.length, inline: bytes })),
  fc.record(
    { name: anyName, digest: anyDigest, size: fc.maxSafeNat(), executable: fc.boolean() },
    { requiredKeys: ["name", "digest", "size"], noNullPrototype: true },
  ),
);

const anyOutside: fc.Arbitrary<OutsidePath> = fc.record(
  {
    path: anyName,
    from: fc.constantFrom("cwd", "machine"),
    use: fc.constantFrom("read", "written"),
    table: anyName,
    also: anyName,
    place: anyDigest,
    version: fc.option(anyDigest),
  },
  { requiredKeys: ["path", "use", "version"], noNullPrototype: true },
);

export const anyResult: fc.Arbitrary<ResultRecord> = fc.record(
  {
    key: anyDigest,
    node: anyName,
    kind: fc.constantFrom("stage", "file", "glob", "dir", "param", "env"),
    codeVersion: anyDigest,
    inputs: fc.array(
      fc.record(
        {
          name: anyName,
          kind: fc.constantFrom("stage", "file", "value"),
          node: anyName,
          version: anyDigest,
          preview: anyName,
        },
        { requiredKeys: ["name", "kind", "version"], noNullPrototype: true },
      ),
      { maxLength: 4 },
    ),
    settings: fc.dictionary(anyName, anyJson, { maxKeys: 3, noNullPrototype: true }),
    dataVersion: anyDigest,
    format: anyName,
    params: anyJson,
    artifacts: fc.array(anyArtifact, { maxLength: 4 }),
    meta: fc.dictionary(anyName, anyJson, { maxKeys: 3, noNullPrototype: true }),
    outside: fc.array(anyOutside, { minLength: 1, maxLength: 3 }),
    warnings: fc.array(anyName, { maxLength: 3 }),
    durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }).map((ms) => ms + 0),
    createdAt: anyMilliseconds,
    runId: anyName,
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      "key",
      "node",
      "kind",
      "codeVersion",
      "inputs",
      "settings",
      "dataVersion",
      "format",
      "artifacts",
      "meta",
      "warnings",
      "durationMs",
      "createdAt",
      "runId",
    ],
  },
);

/** A record with its bytes as plain lists, so that two of them compare by content alone. */
export function comparable(record: ResultRecord | undefined): unknown {
  return (
    record && {
      ...record,
      artifacts: record.artifacts.map((artifact) =>
        artifact.inline ? { ...artifact, inline: [...artifact.inline] } : artifact,
      ),
    }
  );
}
