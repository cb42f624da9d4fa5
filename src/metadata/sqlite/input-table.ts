import type { Digest } from "../../core/digest.ts";
import type { InputDetail } from "../../core/input-detail.ts";
import { decodeInput, encodeInput } from "../input-row.ts";
import type { Connection } from "./connection.ts";

/** What inputs of results were made of. It only makes answers fuller: a row that is damaged counts as absent without a word. */
export class InputTable {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get(version: Digest): InputDetail | undefined {
    const row = this.#connection.get("SELECT body FROM inputs WHERE version = ?", version);
    return row && decodeInput(row[0]);
  }

  /** Within a transaction. */
  put(details: ReadonlyMap<Digest, InputDetail>): void {
    for (const [version, detail] of details) {
      this.#connection.run("INSERT OR REPLACE INTO inputs (version, body) VALUES (?, ?)", version, encodeInput(detail));
    }
  }

  /** Removes what no result has. Within a transaction. */
  removeUnused(): void {
    this.#connection.run(
      `DELETE FROM inputs WHERE version NOT IN
         (SELECT json_extract(input.value, '$[3]') FROM results, json_each(results.body, '$[3]') AS input
          WHERE json_valid(results.body))`,
    );
  }

  /** Within a transaction. */
  clear(): void {
    this.#connection.run("DELETE FROM inputs");
  }
}
