import { fail } from "../../../core/failure.ts";
import type { ResultRecord } from "../../../core/record.ts";
import type { RunRecord } from "../../../metadata/metadata.ts";
import { HeldResult } from "../../../run/make/held.ts";
import type { Workspace } from "../../../run/workspace.ts";
import { kindOf } from "../../declaration.ts";

/** The records of a driver's store: what keys map to, and runs. */
export class MetadataView {
  readonly #open: () => Promise<Workspace>;

  /** @internal */
  constructor(open: () => Promise<Workspace>) {
    this.#open = open;
  }

  /** The data version of the result under a key; undefined where there is none. */
  async get(key: string): Promise<string | undefined> {
    return (await this.record(key))?.dataVersion;
  }

  /** All that is recorded under a key. */
  async record(key: string): Promise<ResultRecord | undefined> {
    checkDigest("the metadata store needs a key", key);
    return (await this.#open()).metadata.getResult(key);
  }

  async exists(key: string): Promise<boolean> {
    return (await this.record(key)) !== undefined;
  }

  /** How many results there are. */
  async size(): Promise<number> {
    let count = 0;
    for await (const _ of (await this.#open()).metadata.allResults()) count += 1;
    return count;
  }

  /** Forgets the result under a key: its node runs again. */
  async delete(key: string): Promise<void> {
    checkDigest("the metadata store needs a key", key);
    await (await this.#open()).metadata.removeResults([key]);
  }

  /** Forgets all results and runs. */
  async deleteAll(): Promise<void> {
    await (await this.#open()).metadata.clear();
  }

  /** Runs of all drivers and command lines that share the store, newest first; at most 100 unless told. */
  async runs(limit = 100): Promise<readonly RunRecord[]> {
    return (await this.#open()).metadata.runs(limit);
  }

  /** The ids of these runs, oldest first. */
  async runIds(limit = 100): Promise<readonly string[]> {
    return (await this.runs(limit)).map(({ id }) => id).reverse();
  }

  async lastRun(): Promise<RunRecord | undefined> {
    return (await this.runs(1))[0];
  }
}

/** The values of a driver's store, by their data versions. */
export class ResultView {
  readonly #open: () => Promise<Workspace>;

  /** @internal */
  constructor(open: () => Promise<Workspace>) {
    this.#open = open;
  }

  /**
   * The value of a data version, checked; all results are looked through for it.
   * @throws SluiceError `missing-blob` where there is none, `corrupt-blob`
   */
  async get(dataVersion: string): Promise<unknown> {
    const workspace = await this.#open();
    const record = await this.#find(workspace, dataVersion);
    if (!record) return fail("missing-blob", `there is no result with the data version ${dataVersion.slice(0, 12)}`);
    return new HeldResult(workspace, workspace.blobs, record).load(() => {});
  }

  async exists(dataVersion: string): Promise<boolean> {
    return (await this.#find(await this.#open(), dataVersion)) !== undefined;
  }

  async #find({ metadata, blobs }: Workspace, dataVersion: string): Promise<ResultRecord | undefined> {
    checkDigest("the result store needs a data version", dataVersion);
    for await (const record of metadata.allResults()) {
      if (record.dataVersion !== dataVersion || !record.artifacts.some(({ name }) => name === "value")) continue;
      const stats = await Promise.all(
        record.artifacts.map((artifact) => artifact.inline ?? blobs.stat(artifact.digest)),
      );
      if (stats.every((stat) => stat !== undefined)) return record;
    }
    return undefined;
  }
}

/** @throws SluiceError `usage` for what is no text: what a run tells by node has no key for those that are not recorded */
export function checkDigest(need: string, given: unknown): void {
  if (typeof given !== "string")
    fail("usage", `${need}, not ${kindOf(given)}`, { hint: "nodes that are disabled or ignored have none" });
}
