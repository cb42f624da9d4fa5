import { crc32 } from "node:zlib";
import { type Digest, digestOf, isDigest } from "../core/digest.ts";
import type { JsonValue } from "../core/json.ts";
import type { Artifact, RecordedInput, ResultRecord } from "../core/record.ts";
import { isArray, isCount, isMilliseconds, isObject, isOptionalText, isText, parseJson } from "./shape.ts";
import { isInputKind, isNodeKind } from "./vocabulary.ts";

/**
 * A result as it is stored. A record is read for every node of every run, so it is one JSON text without names, and the
 * contents of its small artifacts are one run of bytes, in their order.
 */
export interface ResultRow {
  readonly body: string;
  /** CRC-32 of key and body: a database does not notice a flipped bit in a text. */
  readonly check: number;
  /** Null when no artifact is inline. */
  readonly inline: Uint8Array | null;
}

/** @throws Error when an inline artifact is not as long as it says */
export function encodeResult(record: ResultRecord): ResultRow {
  const contents: Uint8Array[] = [];
  const artifacts = record.artifacts.map((artifact) => {
    const { name, digest, size, inline } = artifact;
    if (inline && inline.length !== size) throw new Error(`artifact ${name}: ${inline.length} bytes, not ${size}`);
    if (inline) contents.push(inline);
    return [name, digest, size, artifact.executable === undefined ? null : artifact.executable, inline !== undefined];
  });
  const body = JSON.stringify([
    record.node,
    record.kind,
    record.codeVersion,
    record.inputs.map((input) => [input.name, input.kind, input.node ?? null, input.version, input.preview ?? null]),
    record.settings,
    record.dataVersion,
    record.format,
    record.params === undefined ? [] : [record.params],
    artifacts,
    record.meta,
    record.warnings,
    record.durationMs,
    record.createdAt,
    record.runId,
  ]);
  return { body, check: checksum(record.key, body), inline: contents.length === 0 ? null : Buffer.concat(contents) };
}

/** The record of a row; undefined when the row is not exactly what `encodeResult` made, inline bytes included. */
export function decodeResult(key: unknown, body: unknown, check: unknown, inline: unknown): ResultRecord | undefined {
  if (!isDigest(key) || !isText(body) || check !== checksum(key, body)) return undefined;
  if (inline !== null && !(inline instanceof Uint8Array)) return undefined;
  const fields = parseJson(body);
  if (!isArray(fields) || fields.length !== 14) return undefined;
  const [node, kind, codeVersion, inputRows, settings, dataVersion, format, params, artifactRows] = fields;
  const [meta, warnings, durationMs, createdAt, runId] = fields.slice(9);
  if (!isText(node) || !isNodeKind(kind) || !isDigest(codeVersion) || !isDigest(dataVersion)) return undefined;
  if (!isText(format) || !isText(runId) || !isMilliseconds(durationMs) || !isMilliseconds(createdAt)) return undefined;
  if (!isObject(settings) || !isObject(meta) || !isArray(params) || params.length > 1) return undefined;
  if (!isArray(warnings) || !warnings.every(isText)) return undefined;
  const inputs = decodeInputs(inputRows);
  const artifacts = decodeArtifacts(artifactRows, inline ?? new Uint8Array());
  if (!inputs || !artifacts) return undefined;
  return {
    key,
    node,
    kind,
    codeVersion,
    inputs,
    settings: settings as ResultRecord["settings"],
    dataVersion,
    format,
    ...(params.length === 1 ? { params: params[0] as JsonValue } : {}),
    artifacts,
    meta: meta as ResultRecord["meta"],
    warnings,
    durationMs,
    createdAt,
    runId,
  };
}

function checksum(key: Digest, body: string): number {
  return crc32(key + body);
}

function decodeInputs(rows: unknown): RecordedInput[] | undefined {
  if (!isArray(rows)) return undefined;
  const inputs: RecordedInput[] = [];
  for (const row of rows) {
    if (!isArray(row) || row.length !== 5) return undefined;
    const [name, kind, node, version, preview] = row;
    if (!isText(name) || !isInputKind(kind) || !isDigest(version)) return undefined;
    if (!isOptionalText(node) || !isOptionalText(preview)) return undefined;
    inputs.push({
      name,
      kind,
      ...(node === null ? {} : { node }),
      version,
      ...(preview === null ? {} : { preview }),
    });
  }
  return inputs;
}

/** Inline contents leave the store here, so here they are verified. */
function decodeArtifacts(rows: unknown, contents: Uint8Array): Artifact[] | undefined {
  if (!isArray(rows)) return undefined;
  const artifacts: Artifact[] = [];
  let used = 0;
  for (const row of rows) {
    if (!isArray(row) || row.length !== 5) return undefined;
    const [name, digest, size, executable, isInline] = row;
    if (!isText(name) || !isDigest(digest) || !isCount(size)) return undefined;
    if (executable !== null && typeof executable !== "boolean") return undefined;
    const artifact = { name, digest, size, ...(executable === null ? {} : { executable }) };
    if (isInline === false) {
      artifacts.push(artifact);
    } else if (isInline === true) {
      const inline = contents.subarray(used, used + size);
      if (inline.length !== size || digestOf(inline) !== digest) return undefined;
      used += size;
      artifacts.push({ ...artifact, inline });
    } else {
      return undefined;
    }
  }
  return used === contents.length ? artifacts : undefined;
}
