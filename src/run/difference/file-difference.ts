import { digestOf } from "../../core/digest.ts";
import { type Failure, failureOf } from "../../core/failure.ts";
import { type FileRef, fileRefOf } from "../../core/file-ref.ts";
import type { FileHandle } from "../../platform/file-handle.ts";
import { bytesDifference } from "./bytes-difference.ts";
import { textDifference } from "./text-difference.ts";
import type { FileDifference, FileFacts } from "./types.ts";

/** The most bytes of a file whose content is compared, and of one that is compared as text. */
const largest = 256 * 2 ** 20;
const largestText = 32 * 2 ** 20;

/** Two file handles by what a key sees of them and by their content. */
export async function fileDifference(before: object, after: object, limit: number): Promise<FileDifference> {
  const [a, b] = [fileRefOf(before)!, fileRefOf(after)!];
  const sameContent = a.digest === b.digest;
  const equal = sameContent && a.name === b.name && a.origin === b.origin && a.executable === b.executable;
  const base: FileDifference = { kind: "file", equal, before: factsOf(a), after: factsOf(b) };
  if (sameContent) return base;
  if (a.size > largest || b.size > largest) return { ...base, contentMissing: "they are too large to be compared" };
  const [was, is] = [await contentOf(before as FileHandle, a), await contentOf(after as FileHandle, b)];
  if ("missing" in was) return { ...base, contentMissing: was.missing };
  if ("missing" in is) return { ...base, contentMissing: is.missing };
  const texts = [textOf(was.bytes), textOf(is.bytes)] as const;
  const content =
    texts[0] !== undefined && texts[1] !== undefined
      ? await textDifference(texts[0], texts[1], limit)
      : bytesDifference(was.bytes, is.bytes);
  return { ...base, content };
}

function factsOf({ origin, name, size, digest, executable }: FileRef): FileFacts {
  return { origin, name, size, digest, executable };
}

async function contentOf(
  handle: FileHandle,
  ref: FileRef,
): Promise<{ readonly bytes: Uint8Array } | { readonly missing: string }> {
  // A handle of somebody else's making need only have a reference.
  if (typeof handle.bytes !== "function") return { missing: `${ref.name} cannot be read` };
  try {
    const bytes = await handle.bytes();
    // A file of the project is what it is now, not what it was.
    return digestOf(bytes) === ref.digest ? { bytes } : { missing: `${ref.name} has changed since` };
  } catch (error) {
    const failed: Failure | undefined = failureOf(error);
    if (!failed) throw error;
    return { missing: failed.message };
  }
}

/** The content as text, if it is text. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.length > largestText || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
