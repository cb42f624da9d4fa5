/** Without what a loader may take away before a text, or put behind it. */
export function withoutMarks(text: string): string {
  return text
    .replace(/^\uFEFF/, "")
    .replace(/\s*\/\/# sourceURL=[^\n]*\s*$/, "")
    .trimEnd();
}
