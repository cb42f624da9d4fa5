import { cacheOptions, commonOptions, jsonOption, type OptionSpecs } from "./options.ts";

/** Options that may stand before the command. */
export const leading: OptionSpecs = { ...commonOptions, ...cacheOptions, ...jsonOption };

/** Where the command is, or the verb of a group: the first word that is neither an option nor an option's value. */
export function commandIndex(argv: readonly string[]): number | undefined {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === "--") return undefined;
    if (!word.startsWith("-")) return i;
    const takesNext = Object.entries(leading).some(
      ([name, { type, short }]) => type === "string" && (word === `--${name}` || word === `-${short}`),
    );
    if (takesNext) i++;
  }
  return undefined;
}

/** The first word that {@link commandIndex} finds, and all the others. */
export function takeWord(argv: readonly string[]): readonly [word: string | undefined, rest: readonly string[]] {
  const at = commandIndex(argv);
  return at === undefined ? [undefined, argv] : [argv[at], argv.filter((_, i) => i !== at)];
}
