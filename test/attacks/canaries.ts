import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdDecompressSync } from "node:zlib";

/** A text that must not come out anywhere, in whatever form. */
export interface Canary {
  readonly name: string;
  readonly text: string;
}

/** A text with characters that JSON, URLs and base64 write in other ways, and a random middle that nothing else has. */
export function canary(name: string, middle: string): Canary {
  return { name, text: `k9/${middle}+"é&${middle.toUpperCase()}` };
}

/** What a canary may look like. Written apart from what the engine takes out, so that each checks the other. */
function disguises({ text }: Canary): readonly (readonly [how: string, text: string])[] {
  const bytes = Buffer.from(text);
  const middle = text.split(/[/+]/)[1]!;
  const base64 = [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.from("xyz".slice(0, shift)), bytes]).toString("base64");
    // The first and the last digits depend on what is around.
    const core = whole.slice(4, -4);
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")].map((each) => [`base64 +${shift}`, each] as const);
  });
  return [
    ["plain", text],
    ["in part", middle],
    ["in part, upper case", middle.toUpperCase()],
    ["URL-encoded", encodeURIComponent(text)],
    ["as JSON", JSON.stringify(text).slice(1, -1)],
    ["hexadecimal", bytes.toString("hex")],
    ...base64,
  ];
}

/** The canaries in a text, with how they look there. */
export function sightings(place: string, text: string, canaries: readonly Canary[]): string[] {
  const found: string[] = [];
  for (const each of canaries) {
    for (const [how, disguise] of disguises(each)) {
      const at = text.indexOf(disguise);
      if (at < 0) continue;
      const around = text.slice(Math.max(0, at - 60), at + 90).replaceAll(/[^\x20-\x7e]/g, ".");
      found.push(`${each.name} (${how}) in ${place}: ${around}`);
      break;
    }
  }
  return found;
}

/** All that a folder holds: names, bytes, what of them is compressed, and the cells of databases; also what pages keep of removed rows. */
export function* contentsOf(folder: string): Iterable<readonly [place: string, text: string]> {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    yield [`the name ${name}`, name];
    const file = path.join(folder, name);
    if (!statSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    yield* textsOf(name, bytes);
    if (bytes.subarray(0, 15).toString("latin1") !== "SQLite format 3") continue;
    yield* cellsOf(name, file);
  }
}

function* cellsOf(name: string, file: string): Iterable<readonly [place: string, text: string]> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    for (const { name: table } of tables) {
      const rows = database.prepare(`SELECT * FROM "${String(table)}"`);
      rows.setReadBigInts(true);
      for (const row of rows.all()) {
        for (const [column, cell] of Object.entries(row)) {
          const bytes = cell instanceof Uint8Array ? cell : Buffer.from(String(cell));
          yield* textsOf(`${name} ${String(table)}.${column}`, bytes);
        }
      }
    }
  } finally {
    database.close();
  }
}

const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Bytes as text, and every compressed piece in them, and every piece of base64 in those. */
function* textsOf(place: string, bytes: Uint8Array): Iterable<readonly [place: string, text: string]> {
  const buffer = Buffer.from(bytes);
  yield [place, buffer.toString("utf8")];
  yield [`${place} (UTF-16)`, buffer.toString("utf16le")];
  for (let at = buffer.indexOf(frame); at >= 0; at = buffer.indexOf(frame, at + 1)) {
    const text = unpacked(buffer.subarray(at));
    if (text !== undefined) yield [`${place}, unpacked`, text];
  }
}

function unpacked(bytes: Uint8Array): string | undefined {
  try {
    return zstdDecompressSync(bytes).toString("utf8");
  } catch {
    // A frame that is followed by other bytes, or four bytes that only look like one.
    return undefined;
  }
}

/** Whether a search would find it: a check of the search itself. */
export function isSeen(one: Canary, text: string): boolean {
  return sightings("", text, [one]).length > 0;
}
