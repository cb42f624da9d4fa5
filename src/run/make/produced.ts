import type { Stats } from "node:fs";
import { lstat, rm } from "node:fs/promises";
import path from "node:path";
import { fail } from "../../core/failure.ts";
import { type FileRef, fileRef, fileRefOf } from "../../core/file-ref.ts";
import type { Artifact, ResultRecord } from "../../core/record.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { keep } from "../../store/kept-bytes.ts";
import type { StageFacts } from "../decision.ts";
import type { Attempted } from "./attempt.ts";
import { EncodedValue, encodeValue } from "./encoded-value.ts";
import { outputFiles, storeFolder } from "./stored-folder.ts";

/** The part of a record that comes from the value. */
export type Produced = Pick<ResultRecord, "dataVersion" | "format" | "params" | "artifacts">;

/**
 * Turns what a stage's function gave into artifacts, whose bytes are in `sink` (durably) when this returns. Files that the
 * value refers to may be `elsewhere`: in the scratch store of results that are not recorded, or in the project's store.
 * @throws SluiceError `unversionable`, `unsupported-value`, `missing-output`, and what the store throws
 */
export async function produce(
  facts: StageFacts,
  attempted: Attempted,
  sink: BlobStore,
  elsewhere: BlobStore,
): Promise<Produced> {
  const { stage } = facts;
  const value = stage.outputs
    ? await outputHandles(facts, attempted, sink)
    : stage.format === "file"
      ? await fileHandle(facts, attempted, sink)
      : attempted.value;
  const { format, encoded, readable } = value instanceof EncodedValue ? value : await encodeValue(stage, value);
  const artifacts = [await keep("value", encoded.bytes, sink, encoded.digest)];
  if (encoded.files) artifacts.push(...(await keepFiles(encoded.files, sink, elsewhere, attempted.tmp)));
  if (stage.outputs) artifacts.push(...namedOutputs(value as Record<string, unknown>));
  if (readable !== undefined) artifacts.push(await outputArtifact(stage.output!, readable, sink, elsewhere));
  return {
    dataVersion: encoded.dataVersion,
    format,
    ...(encoded.params === undefined ? {} : { params: encoded.params }),
    artifacts,
  };
}

/** The files that each named output must have become. */
async function outputHandles(
  facts: StageFacts,
  attempted: Attempted,
  sink: BlobStore,
): Promise<Record<string, unknown>> {
  const node = facts.node.name;
  if (attempted.value !== undefined) {
    const hint = "write everything to context.outputs, or leave the `outputs` option out";
    fail("unsupported-value", `${node} has outputs, so its function must not return a value`, { node, hint });
  }
  const handles: Record<string, unknown> = {};
  for (const [name, written] of Object.entries(attempted.outputs)) {
    const { command, outputs } = facts.stage;
    const isFolder = command?.folders.has(name) ?? false;
    const kind = await kindAt(written);
    if (kind !== undefined && kind !== (isFolder ? "folder" : "file")) wrongKind(node, name, kind, isFolder);
    const handle =
      isFolder && kind !== undefined
        ? await storeFolder(written, node, (at, inside) => storeFile(at, inside, sink))
        : await storeFile(written, path.basename(outputs![name]!), sink);
    if (!handle) {
      const hint = command ? `the program must write it to {${name}}` : `write it to context.outputs.${name}`;
      fail("missing-output", `${node} did not write its output "${name}"`, { node, hint });
    }
    Object.defineProperty(handles, name, { value: handle, enumerable: true, configurable: true, writable: true });
  }
  return handles;
}

async function kindAt(at: string): Promise<"file" | "folder" | "link" | "pipe, socket or device" | undefined> {
  const stat = await statAt(at);
  if (!stat) return undefined;
  if (stat.isFile()) return "file";
  return stat.isDirectory() ? "folder" : stat.isSymbolicLink() ? "link" : "pipe, socket or device";
}

function wrongKind(node: string, name: string, kind: string, isFolder: boolean): never {
  const hint =
    kind === "folder"
      ? "a command's output whose place ends with a slash is a folder"
      : kind === "file"
        ? "its place ends with a slash, so it is a folder to write files into"
        : "only files are kept: write a copy of what it leads to";
  const wanted = isFolder ? "folder" : "file";
  fail("missing-output", `${node} wrote a ${kind} as its output "${name}", not a ${wanted}`, { node, hint });
}

/** The file that a stage of format `file` leads to: a path (relative to `context.tmp`) or a handle. */
async function fileHandle(facts: StageFacts, attempted: Attempted, sink: BlobStore): Promise<unknown> {
  const { value } = attempted;
  if (fileRefOf(value)) return value;
  const node = facts.node.name;
  if (typeof value !== "string") {
    fail("unsupported-value", `${node} has format "file", so its function must return a path`, { node });
  }
  const at = path.resolve(attempted.tmp, "tmp", value);
  const handle = await storeFile(at, path.basename(at), sink);
  if (!handle) fail("missing-output", `${node} returned the path ${value}, where there is no file`, { node });
  return handle;
}

async function storeFile(at: string, name: string, sink: BlobStore): Promise<unknown> {
  const stat = await statAt(at);
  if (!stat?.isFile()) return undefined;
  const { digest, size } = await sink.putFile(at);
  const ref: FileRef = { origin: "store", name, size, digest, executable: (stat.mode & 0o100) !== 0 };
  return { [fileRef]: ref };
}

async function statAt(at: string): Promise<Stats | undefined> {
  return lstat(at).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** Sees to it that the files that a value refers to are in the sink, and are kept as long as the result is. */
export async function keepFiles(
  refs: readonly FileRef[],
  sink: BlobStore,
  elsewhere: BlobStore,
  tmp: string,
): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  for (const [index, ref] of refs.filter(({ origin }) => origin === "store").entries()) {
    if (!(await sink.stat(ref.digest))) {
      const copy = path.join(tmp, `file-${index}`);
      await elsewhere.place(ref.digest, copy);
      await sink.putFile(copy);
      await rm(copy);
    }
    artifacts.push({ name: `files.${index}`, digest: ref.digest, size: ref.size, executable: ref.executable });
  }
  return artifacts;
}

function namedOutputs(handles: Readonly<Record<string, unknown>>): Artifact[] {
  return Object.entries(handles).flatMap(([output, handle]) =>
    outputFiles(output, handle).map(([name, { digest, size, executable }]) => ({ name, digest, size, executable })),
  );
}

/** The value as a person wants to find it at the stage's `output` path. */
async function outputArtifact(
  target: string,
  readable: NonNullable<EncodedValue["readable"]>,
  sink: BlobStore,
  elsewhere: BlobStore,
): Promise<Artifact> {
  if (readable instanceof Uint8Array) return keep("output", readable, sink);
  if ("digest" in readable) {
    return { name: "output", digest: readable.digest, size: readable.size, executable: readable.executable };
  }
  const { rowsOutput } = await import("./streams/rows-output.ts");
  return rowsOutput(target, readable, sink, elsewhere);
}
