import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { CodeAnalyser } from "../../src/analyse/code-version.ts";
import { digestOf } from "../../src/core/digest.ts";
import { buildGraph, type Graph } from "../../src/core/graph.ts";
import { definition, type NodeDefinition, type StageNode } from "../../src/core/node.ts";
import { FileIndex } from "../../src/metadata/file-index.ts";
import { MemoryLeases } from "../../src/metadata/memory-leases.ts";
import { MemoryMetadata } from "../../src/metadata/memory-metadata.ts";
import type { Workspace } from "../../src/run/workspace.ts";
import { MemoryBlobStore } from "../../src/store/memory-blob-store.ts";

/** A workspace in memory, whose code versions are what a test says: the line of a stage's declaration is its code. */
export function memoryWorkspace(over: Partial<Workspace> = {}): Workspace {
  const root = mkdtempSync(path.join(tmpdir(), "sluice-engine-"));
  const metadata = new MemoryMetadata();
  return {
    root,
    cacheDir: undefined,
    blobs: new MemoryBlobStore(),
    metadata,
    leases: new MemoryLeases(),
    files: new FileIndex({ root, store: metadata.files }),
    analyser: lineAnalyser,
    scratch: path.join(root, "scratch"),
    close: async () => {},
    ...over,
  };
}

const lineAnalyser: CodeAnalyser = {
  versionOf: (site) => {
    const { line } = site()[0]!;
    const digest = digestOf(`line ${line}`);
    return { digest, parts: [{ kind: "declaration", name: "fn", file: "p.ts", line, digest }], warnings: [] };
  },
  versionOfValue: (_, site) => lineAnalyser.versionOf(site, []),
  placeOfValue: () => undefined,
  knownVersions: () => undefined,
  renew: () => false,
  changedFile: () => undefined,
  declaredAt: () => undefined,
  originalPlace: (frame) => frame,
  textOf: ({ text }) => text,
  inputUses: async () => [],
};

/** A stage with all its defaults; `code` stands for the text of its function. */
export function testStage(
  inputs: Record<string, unknown>,
  run: StageNode["run"],
  { code = 1, ...more }: Partial<StageNode> & { readonly code?: number } = {},
): StageNode {
  return {
    kind: "stage",
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, wire(input)])),
    run,
    cache: "default",
    format: "auto",
    formatOptions: null,
    retries: { times: 0, delay: 1, factor: 1, maxDelay: 1 },
    checks: [],
    site: () => [{ file: "/project/pipeline.ts", line: code, column: 1 }],
    ...more,
  };
}

export function testParam(value: unknown): NodeDefinition {
  return { kind: "param", fallback: { value }, secret: false, site: () => [] };
}

function wire(input: unknown): unknown {
  const isNode = input !== null && typeof input === "object" && "kind" in input && "site" in input;
  return isNode ? { [definition]: input } : input;
}

export function testGraph(nodes: Readonly<Record<string, NodeDefinition>>): Graph {
  return buildGraph(new Map(Object.entries(nodes)));
}
