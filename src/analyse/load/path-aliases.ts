/** What `baseUrl` and `paths` of a tsconfig say about specifiers. */
export interface PathAliases {
  /** The folder that targets are relative to, itself relative to the folder of the tsconfig; `/` between parts. */
  readonly base: string;
  /** Whether `baseUrl` is set: then every bare specifier may be a path from `base`. */
  readonly baseUrl: boolean;
  readonly patterns: readonly AliasPattern[];
}

export interface AliasPattern {
  readonly pattern: string;
  readonly targets: readonly string[];
}

/**
 * The paths that a specifier may stand for, relative to `base`, in the order in which they are tried. As TypeScript does: an
 * exact pattern wins, else the one with the longest text before its star.
 */
export function aliasTargets(aliases: PathAliases, specifier: string): readonly string[] {
  const found = matchingPattern(aliases.patterns, specifier);
  const targets = found ? found.pattern.targets.map((target) => target.replace("*", () => found.star)) : [];
  return aliases.baseUrl ? [...targets, specifier] : targets;
}

function matchingPattern(patterns: readonly AliasPattern[], specifier: string) {
  let best: { readonly pattern: AliasPattern; readonly star: string; readonly prefix: number } | undefined;
  for (const pattern of patterns) {
    if (pattern.pattern === specifier) return { pattern, star: "" };
    const at = pattern.pattern.indexOf("*");
    if (at < 0) continue;
    const before = pattern.pattern.slice(0, at);
    const after = pattern.pattern.slice(at + 1);
    if (specifier.length < before.length + after.length) continue;
    if (!specifier.startsWith(before) || !specifier.endsWith(after)) continue;
    if (best && best.prefix >= before.length) continue;
    best = { pattern, star: specifier.slice(before.length, specifier.length - after.length), prefix: before.length };
  }
  return best;
}
