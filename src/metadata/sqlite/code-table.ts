import type { CodePart } from "../../core/code-part.ts";
import type { Digest } from "../../core/digest.ts";
import { type Failure, failure } from "../../core/failure.ts";
import { decodeCode, decodePart, encodeAlone, encodeCode, encodePart, type PartUse } from "../code-row.ts";
import type { CodeVersionParts } from "../metadata.ts";
import type { Connection, Row } from "./connection.ts";

/** Characters of the text of a part that is stored in its version. */
const mostTextAlone = 2048;

/** The parts behind code versions. */
export class CodeTable {
  readonly #connection: Connection;
  readonly #onWarning: (warning: Failure) => void;
  /** Where parts are that this process has stored. What another process writes may have removed them. */
  #stored = new WeakMap<CodePart, number>();
  #versions = new Map<Digest, readonly CodePart[]>();
  #dataVersion: unknown;

  constructor(connection: Connection, onWarning: (warning: Failure) => void) {
    this.#connection = connection;
    this.#onWarning = onWarning;
  }

  get(version: Digest): readonly CodePart[] | undefined {
    // Between the one look and the other somebody may remove what nobody needs any more.
    const [isThere, parts] = this.#connection.atOnce(() => {
      const row = this.#connection.get("SELECT body FROM code WHERE version = ?", version);
      return [row !== undefined, row && this.#partsOf(row[0])];
    });
    if (isThere && !parts) {
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

  #partsOf(body: unknown): readonly CodePart[] | undefined {
    const code = decodeCode(body);
    if (!code) return undefined;
    if ("parts" in code) return code.parts;
    const rows = this.#connection.all(
      "SELECT id, name, body FROM code_parts WHERE id IN (SELECT value FROM json_each(?))",
      JSON.stringify(code.map(([id]) => id)),
    );
    const byId = new Map<number, Row>(rows.map((row) => [Number(row[0]), row]));
    const parts: CodePart[] = [];
    for (const [id, line] of code) {
      const row = byId.get(id);
      const part = row && decodePart(row[1], row[2], line === 0 ? undefined : line);
      if (!part) return undefined;
      parts.push(part);
    }
    return parts;
  }

  /** Those versions whose parts this process has not stored already. */
  missing(versions: readonly CodeVersionParts[]): readonly CodeVersionParts[] {
    if (versions.length === 0) return versions;
    this.#noticeOthers();
    return versions.filter(({ version, parts }) => this.#versions.get(version) !== parts);
  }

  /** Within a transaction. What it gives is to be called when that has been committed. */
  put(versions: readonly CodeVersionParts[]): () => void {
    if (versions.length === 0) return () => {};
    this.#noticeOthers();
    const added = new Map<CodePart, number>();
    for (const code of versions) {
      this.#connection.run(
        `INSERT INTO code (version, body) VALUES (?, ?)
         ON CONFLICT (version) DO UPDATE SET body = excluded.body WHERE body <> excluded.body`,
        code.version,
        this.#bodyOf(code, added),
      );
    }
    return () => {
      for (const [part, id] of added) this.#stored.set(part, id);
      for (const { version, parts } of versions) this.#versions.set(version, parts);
    };
  }

  /** @param added takes the parts that are stored for it, and where */
  #bodyOf({ parts, textOf }: CodeVersionParts, added: Map<CodePart, number>): Uint8Array {
    const textOfPart = (part: CodePart): string | undefined => textOf?.(part) ?? part.text;
    const [only] = parts;
    if (parts.length === 1 && only!.own) {
      const text = textOfPart(only!);
      // What is long would be compressed, for which zlib would be loaded.
      if (text === undefined || text.length <= mostTextAlone) return encodeAlone(only!, text);
    }
    const uses = parts.map((part): PartUse => {
      const id = this.#stored.get(part) ?? added.get(part) ?? this.#putPart(part, textOfPart(part));
      added.set(part, id);
      return [id, part.line ?? 0];
    });
    return encodeCode(uses);
  }

  #putPart(part: CodePart, text: string | undefined): number {
    const { name, body } = encodePart(part, text);
    const added = this.#connection.get(
      "INSERT INTO code_parts (name, body) VALUES (?, ?) ON CONFLICT (name) DO NOTHING RETURNING id",
      name,
      body,
    );
    if (added) return Number(added[0]);
    // One that somebody has damaged is made good.
    this.#connection.run("UPDATE code_parts SET body = ?2 WHERE name = ?1 AND body <> ?2", name, body);
    return Number(this.#connection.get("SELECT id FROM code_parts WHERE name = ?", name)![0]);
  }

  /** Another process may have removed what this one has stored. */
  #noticeOthers(): void {
    const now = this.#connection.get("PRAGMA data_version")?.[0];
    if (now !== this.#dataVersion) this.#forget();
    this.#dataVersion = now;
  }

  #forget(): void {
    this.#stored = new WeakMap();
    this.#versions = new Map();
  }

  /** Versions of rows that cannot be read. */
  damaged(): Digest[] {
    // What is recorded between the one look and the other would seem to lack its parts.
    return this.#connection.atOnce(() => this.#damaged());
  }

  #damaged(): Digest[] {
    const sound = new Set<number>();
    for (const [id, name, body] of this.#connection.iterate("SELECT id, name, body FROM code_parts")) {
      if (decodePart(name, body, undefined)) sound.add(Number(id));
    }
    const versions: Digest[] = [];
    for (const [version, body] of this.#connection.iterate("SELECT version, body FROM code")) {
      const code = decodeCode(body);
      if (!code || (!("parts" in code) && !code.every(([id]) => sound.has(id)))) versions.push(String(version));
    }
    return versions;
  }

  /** Within a transaction. */
  remove(versions: readonly Digest[]): void {
    this.#forget();
    for (const version of versions) this.#connection.run("DELETE FROM code WHERE version = ?", version);
    this.#removeUnusedParts();
  }

  /** Removes what no result has. Within a transaction. */
  removeUnused(): void {
    this.#forget();
    this.#connection.run(
      `DELETE FROM code WHERE version NOT IN
         (SELECT json_extract(body, '$[2]') FROM results WHERE json_valid(body))`,
    );
    this.#removeUnusedParts();
  }

  #removeUnusedParts(): void {
    const used = new Set<number>();
    for (const [body] of this.#connection.iterate("SELECT body FROM code")) {
      const code = decodeCode(body);
      if (code && !("parts" in code)) for (const [id] of code) used.add(id);
    }
    this.#connection.run(
      "DELETE FROM code_parts WHERE id NOT IN (SELECT value FROM json_each(?))",
      JSON.stringify([...used]),
    );
  }

  /** Within a transaction. */
  clear(): void {
    this.#forget();
    this.#connection.run("DELETE FROM code");
    this.#connection.run("DELETE FROM code_parts");
  }
}
