import { type Digest, isDigest } from "../core/digest.ts";
import type { JsonValue } from "../core/json.ts";
import type { Artifact, OutsidePath, RecordedInput, ResultRecord } from "../core/record.ts";
import { checkSum } from "./check-sum.ts";
import { isArray, isCount, isMilliseconds, isObject, isOptionalText, isText, parseJson } from "./shape.ts";
import { isInputKind, isRecordKind } from "./vocabulary.ts";

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
    ...(record.outside ? [record.outside.map(outsideRow)] : []),
  ]);
  return { body, check: checksum(record.key, body), inline: contents.length === 0 ? null : Buffer.concat(contents) };
}

/**
 * The record of a row; undefined when the row is not what `encodeResult` made. Of inline contents only the length is checked
 * here, see `inlineContent`.
 */
export function decodeResult(key: unknown, body: unknown, check: unknown, inline: unknown): ResultRecord | undefined {
  if (!isDigest(key) || !isText(body) || check !== checksum(key, body)) return undefined;
  if (inline !== null && !(inline instanceof Uint8Array)) return undefined;
  const fields = parseJson(body);
  if (!isArray(fields) || (fields.length !== 14 && fields.length !== 15)) return undefined;
  // By index: taking an array apart by its iterator costs several times as much, and this is done for every node of a run.
  const { 0: node, 1: kind, 2: codeVersion, 4: settings, 5: dataVersion, 6: format, 7: params } = fields;
  const { 9: meta, 10: warnings, 11: durationMs, 12: createdAt, 13: runId } = fields;
  if (!isText(node) || !isRecordKind(kind) || !isDigest(codeVersion) || !isDigest(dataVersion)) return undefined;
  if (!isText(format) || !isText(runId) || !isMilliseconds(durationMs) || !isMilliseconds(createdAt)) return undefined;
  if (!isObject(settings) || !isObject(meta) || !isArray(params) || params.length > 1) return undefined;
  if (!isArray(warnings) || !warnings.every(isText)) return undefined;
  const inputs = decodeInputs(fields[3]);
  const artifacts = decodeArtifacts(fields[8], inline ?? nothing);
  if (!inputs || !artifacts) return undefined;
  const record: Writable<ResultRecord> = {
    key,
    node,
    kind,
    codeVersion,
    inputs,
    settings: settings as ResultRecord["settings"],
    dataVersion,
    format,
    artifacts,
    meta: meta as ResultRecord["meta"],
    warnings,
    durationMs,
    createdAt,
    runId,
  };
  if (params.length === 1) record.params = params[0] as JsonValue;
  if (fields.length === 15) {
    const outside = decodeOutside(fields[14]);
    if (!outside) return undefined;
    record.outside = outside;
  }
  return record;
}

/** A record in the making: written field by field, for a spread costs as much as the rest of a row. */
type Writable<T> = { -readonly [name in keyof T]: T[name] };

function checksum(key: Digest, body: string): number {
  return checkSum(key + body);
}

const nothing = new Uint8Array();

function decodeInputs(rows: unknown): RecordedInput[] | undefined {
  if (!isArray(rows)) return undefined;
  const inputs: RecordedInput[] = [];
  for (const row of rows) {
    if (!isArray(row) || row.length !== 5) return undefined;
    const { 0: name, 1: kind, 2: node, 3: version, 4: preview } = row;
    if (!isText(name) || !isInputKind(kind) || !isDigest(version)) return undefined;
    if (!isOptionalText(node) || !isOptionalText(preview)) return undefined;
    const input: Writable<RecordedInput> = { name, kind, version };
    if (node !== null) input.node = node;
    if (preview !== null) input.preview = preview;
    inputs.push(input);
  }
  return inputs;
}

function outsideRow({ path, from, use, table, version, also, place }: OutsidePath): JsonValue {
  return [
    path,
    from ?? null,
    use,
    table ?? null,
    version,
    ...(also === undefined && place === undefined ? [] : [also ?? null, place ?? null]),
  ];
}

function decodeOutside(rows: unknown): OutsidePath[] | undefined {
  if (!isArray(rows) || rows.length === 0) return undefined;
  const outside: OutsidePath[] = [];
  for (const row of rows) {
    if (!isArray(row) || (row.length !== 5 && row.length !== 7)) return undefined;
    const { 0: path, 1: from, 2: use, 3: table, 4: version, 5: also = null, 6: place = null } = row;
    if (!isText(path) || (use !== "read" && use !== "written")) return undefined;
    if (from !== null && from !== "cwd" && from !== "machine") return undefined;
    if (!isOptionalText(table) || !isOptionalText(also) || (version !== null && !isDigest(version))) return undefined;
    if (place !== null && !isDigest(place)) return undefined;
    const each: Writable<OutsidePath> = { path, use, version };
    if (from !== null) each.from = from;
    if (table !== null) each.table = table;
    if (also !== null) each.also = also;
    if (place !== null) each.place = place;
    outside.push(each);
  }
  return outside;
}

/** Contents are views of the one run of bytes. */
function decodeArtifacts(rows: unknown, contents: Uint8Array): Artifact[] | undefined {
  if (!isArray(rows)) return undefined;
  const artifacts: Artifact[] = [];
  let used = 0;
  for (const row of rows) {
    if (!isArray(row) || row.length !== 5) return undefined;
    const { 0: name, 1: digest, 2: size, 3: executable, 4: isInline } = row;
    if (!isText(name) || !isDigest(digest) || !isCount(size)) return undefined;
    if (executable !== null && typeof executable !== "boolean") return undefined;
    const artifact: Writable<Artifact> = { name, digest, size };
    if (executable !== null) artifact.executable = executable;
    if (isInline === true) {
      artifact.inline = used === 0 && size === contents.length ? contents : contents.subarray(used, used + size);
      if (artifact.inline.length !== size) return undefined;
      used += size;
    } else if (isInline !== false) {
      return undefined;
    }
    artifacts.push(artifact);
  }
  return used === contents.length ? artifacts : undefined;
}
