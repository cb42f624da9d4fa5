/** Where a text holds several: JSON, lists, connection texts, lines. */
const separators = /[\s"'`\\,;&?(){}[\]]+/;

/** Shorter parts are words that are everywhere. */
const shortestPart = 8;

/** The parts of a secret that are secrets by themselves: each line of a key, the members of a list. */
export function partsOf(secret: string): readonly string[] {
  return secret.split(separators).filter((part) => part.length >= shortestPart && part.length < secret.length);
}

/** What a secret may look like in a text: as it is, in a URL, in base64 wherever it begins in what was encoded, quoted, in hexadecimal. */
export function formsOf(secret: string): ReadonlySet<string> {
  const text = secret.toWellFormed();
  const bytes = Buffer.from(text);
  const forms = new Set([
    secret,
    encodeURIComponent(text),
    encodeURI(text),
    new URLSearchParams({ "": text }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll("\\", "\\\\").replaceAll("'", "\\'"),
    bytes.toString("base64"),
    ...base64Cores(bytes),
  ]);
  if (bytes.length >= 6) forms.add(bytes.toString("hex"));
  return forms;
}

/** The digits of base64 that bytes have in common wherever they begin, in both alphabets. */
function* base64Cores(bytes: Buffer): Iterable<string> {
  if (bytes.length < 6) return;
  for (const before of [0, 1, 2]) {
    const digits = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const core = digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    yield core;
    yield core.replaceAll("+", "-").replaceAll("/", "_");
  }
}
