import type { CodePart } from "../../core/code-part.ts";
import type { Digest } from "../../core/digest.ts";
import { type Failure, failure } from "../../core/failure.ts";
import { decodeCode, encodeCode } from "../code-row.ts";
import type { Connection } from "./connection.ts";

/** The parts behind code versions. */
export class CodeTable {
  readonly #connection: Connection;
  readonly #onWarning: (warning: Failure) => void;

  constructor(connection: Connection, onWarning: (warning: Failure) => void) {
    this.#connection = connection;
    this.#onWarning = onWarning;
  }

  get(version: Digest): readonly CodePart[] | undefined {
    const row = this.#connection.get("SELECT body FROM code WHERE version = ?", version);
    if (!row) return undefined;
    const parts = decodeCode(row[0]);
    if (!parts) {
      this.#onWarning(
        failure(
          "damaged-store",
          `what is known of code version ${version.slice(0, 12)} is damaged; it counts as absent`,
          {
            where: { file: this.#connection.file },
            hint: "`sluice cache verify --repair` removes it",
          },
        ),
      );
    }
    return parts;
  }

  /** In a transaction of its own, unless the same is there already. */
  put(version: Digest, parts: readonly CodePart[]): void {
    const body = encodeCode(parts);
    const row = this.#connection.get("SELECT body = ? FROM code WHERE version = ?", body, version);
    if (row?.[0] === 1n) return;
    this.#connection.transaction("relaxed", () => {
      this.#connection.run("INSERT OR REPLACE INTO code (version, body) VALUES (?, ?)", version, body);
    });
  }

  /** Versions of rows that cannot be read. */
  damaged(): Digest[] {
    const versions: Digest[] = [];
    for (const [version, body] of this.#connection.iterate("SELECT version, body FROM code")) {
      if (!decodeCode(body)) versions.push(String(version));
    }
    return versions;
  }

  /** Within a transaction. */
  remove(versions: readonly Digest[]): void {
    for (const version of versions) this.#connection.run("DELETE FROM code WHERE version = ?", version);
  }

  /** Within a transaction. */
  clear(): void {
    this.#connection.run("DELETE FROM code");
  }
}
