import { textsIn } from "../core/texts-in.ts";
import { environmentSecrets } from "./environment-secrets.ts";
import { formsOf, partsOf } from "./secret-forms.ts";
import { hidden, withoutCredentials, withoutPatterns } from "./secret-patterns.ts";

/** Texts of fewer characters are left alone: taking them out would garble everything and hide nothing. */
const shortest = 4;

/**
 * Takes secrets out of text before it reaches an event, a log, a record or the terminal: those that it knows, however they are
 * encoded, and what looks like one by what stands before it (credentials in URLs, headers).
 */
export class Redactor {
  readonly #secrets = new Set<string>();
  /** The longest first, so that no part of one is left. */
  #forms: readonly string[] | undefined;

  /** @param secret a text, or a value with texts in it */
  add(secret: unknown): void {
    for (const text of textsIn(secret)) {
      if (text.length < shortest) continue;
      this.#secrets.add(text);
      for (const part of partsOf(text)) this.#secrets.add(part);
    }
    this.#forms = undefined;
  }

  /** @param patterns takes out what is not known to be a secret and looks like one */
  redact(text: string, patterns: (text: string) => string = withoutPatterns): string {
    this.#forms ??= [...this.#secrets].flatMap((secret) => [...formsOf(secret)]).sort((a, b) => b.length - a.length);
    let clean = patterns(text);
    for (const form of this.#forms) if (clean.includes(form)) clean = clean.replaceAll(form, hidden);
    return clean.includes("…") ? this.#withoutBeginnings(clean) : clean;
  }

  /** Where a text was cut, the beginning of a secret may be left. */
  #withoutBeginnings(text: string): string {
    const pieces = text.split("…");
    for (let i = 0; i < pieces.length - 1; i++) {
      const piece = pieces[i]!;
      let cut = 0;
      for (const secret of this.#secrets) cut = Math.max(cut, commonEnd(piece, secret));
      if (cut > 0) pieces[i] = piece.slice(0, -cut) + hidden;
    }
    return pieces.join("…");
  }
}

/** Knows what of the environment is called like a secret. */
export function environmentRedactor(): Redactor {
  const redactor = new Redactor();
  redactor.add([...environmentSecrets(process.env)]);
  return redactor;
}

/** Source code fit to be shown and stored: of what only looks like a secret, names of variables do too. */
export function cleanCode(text: string): string {
  if (!forCode) {
    forCode = environmentRedactor();
    setImmediate(() => {
      forCode = undefined;
    });
  }
  return forCode.redact(text, withoutCredentials);
}

/** Made once in a turn of the event loop: a program may change its environment. */
let forCode: Redactor | undefined;

/** How many characters a text ends with that the secret begins with; 0 for fewer than tell anything. */
function commonEnd(text: string, secret: string): number {
  for (let length = Math.min(text.length, secret.length - 1); length >= shortest; length--) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}
