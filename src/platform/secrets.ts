/** Takes secrets out of text before it reaches an event, a log or the terminal. */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Texts of fewer than four characters are left alone: taking them out would garble everything and hide nothing. */
  add(secret: string): void {
    if (secret.length < 4) return;
    this.#secrets.add(secret);
    this.#secrets.add(encodeURIComponent(secret));
    this.#secrets.add(Buffer.from(secret).toString("base64"));
  }

  redact(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, "***");
    return clean;
  }
}
