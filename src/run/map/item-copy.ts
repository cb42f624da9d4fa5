import path from "node:path";
import { decode, encode } from "../../core/canonical.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { fail, failureOf } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import type { GraphNode } from "../../core/graph.ts";
import { type FileSource, projectFile, storedFile } from "../../platform/file-handle.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import type { MakeContext } from "../make/make.ts";
import type { BlobReads, Reads } from "../make/reads.ts";

/** Makes copies of items, so that no item sees what was done to another, and none what an earlier attempt did to it. */
export class ItemCopies {
  readonly #root: string;
  readonly #scratch: string;
  readonly #blobs: BlobReads;

  constructor({ workspace, unrecorded }: MakeContext) {
    this.#root = workspace.root;
    this.#scratch = path.join(workspace.scratch, "files");
    this.#blobs = either(unrecorded, workspace.blobs);
  }

  /**
   * @param version what the item must still be: the list may be in the hands of other code, too
   * @param node what gave it, if that is a node
   * @param reads keeps account of what is read through handles in the item
   * @param onProjectFile told of the project's files that handles in the item lead to
   * @throws SluiceError `input-changed`
   */
  copy(
    item: unknown,
    version: Digest,
    node: GraphNode | undefined,
    reads: Reads,
    onProjectFile: (ref: FileRef) => void,
  ): unknown {
    if (item === null || typeof item !== "object") return item;
    const bytes = encode(item);
    if (digestOf(bytes) !== version) {
      const hint = "some code changed the object while the run went on: change a copy of it, or give it as a stage";
      fail("input-changed", "the item is not what it was when its key was taken", { hint });
    }
    return decode(bytes, {
      reviveFile: (ref) => {
        if (ref.origin === "store") {
          const blobs = node ? reads.through(node, this.#blobs, [ref.digest]) : this.#blobs;
          return storedFile({ ref, source: fileSource(blobs, this.#scratch) });
        }
        onProjectFile(ref);
        return projectFile({ root: this.#root, ref });
      },
    });
  }
}

/** Files that are in one store or the other: those of results that are not recorded are in one of their own. */
function either(first: BlobStore, second: BlobStore): BlobReads {
  const holder = async (digest: string): Promise<BlobStore> => ((await first.stat(digest)) ? first : second);
  return {
    verify: async (digest) => (await holder(digest)).verify(digest),
    read: async (digest) => (await holder(digest)).read(digest),
    async *stream(digest) {
      yield* (await holder(digest)).stream(digest);
    },
    placeSync(digest, target, options) {
      try {
        first.placeSync(digest, target, options);
      } catch (error) {
        if (!failureOf(error, "missing-blob")) throw error;
        second.placeSync(digest, target, options);
      }
    },
  };
}

function fileSource(blobs: BlobReads, scratch: string): FileSource {
  return {
    scratch,
    read: (digest) => blobs.read(digest),
    stream: (digest) => blobs.stream(digest),
    placeSync: (digest, target, options) => blobs.placeSync(digest, target, options),
  };
}
