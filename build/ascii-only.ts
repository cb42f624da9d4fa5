import type { Rolldown } from "tsdown";

/**
 * One character that is not ASCII makes Node keep the whole file with two bytes for each: half a megabyte takes it 3 ms longer to
 * read and to compile. All of them are in texts and comments, where an escape means the same.
 */
export function asciiOnly(): Rolldown.Plugin {
  return {
    name: "ascii-only",
    // After Rolldown has printed the code: it would take escapes out again.
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk" || !chunk.fileName.endsWith(".js")) continue;
        chunk.code = chunk.code.replace(
          /[^\0-\x7f]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
      }
    },
  };
}
