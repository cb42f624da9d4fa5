import { catalogue } from "../catalogue.ts";
import { type Command, type CommandGroup, isGroup } from "../command.ts";
import { leading, takeWord } from "../command-index.ts";
import type { Terminal } from "../terminal.ts";
import { bashReply, readBashLine } from "./bash-words.ts";
import { type Candidate, type Completion, completeCall, matching, type Names } from "./candidates.ts";
import { knownNames } from "./known-names.ts";

/**
 * Answers the script of a shell: first a line with what to complete with (`words`, `files`, `folders`; `open` if no space comes
 * after it), then a candidate in each line, for zsh and fish with a tab and its help.
 *
 * Arguments: `bash LINE BREAKS`, the line up to the cursor and `COMP_WORDBREAKS`; `zsh` or `fish` with the words from the
 * program's name to the cursor's, without quotes. Whatever goes wrong, there is no answer and no word of it: a person is in the
 * middle of a line.
 */
export async function answerShell([shell, ...given]: readonly string[], { out, cwd }: Terminal): Promise<void> {
  try {
    const line = shell === "bash" ? readBashLine(given[0] ?? "", given[1] ?? "") : undefined;
    const words = line ? afterProgram(line.words) : given.slice(1, -1);
    const current = line ? line.current : (given.at(-1) ?? "");
    const names = knownNames(cwd, words);
    try {
      const { kind, candidates } = await completeLine(words, current, names);
      const isOpen = candidates.length > 0 && candidates.every(({ open }) => open);
      const lines = line
        ? candidates.flatMap(({ word }) => bashReply(word, line) ?? [])
        : candidates.map(({ word, help }) => (help === undefined ? word : `${word}\t${help}`));
      out.write([isOpen ? `${kind} open` : kind, ...lines, ""].join("\n"));
    } finally {
      names.close();
    }
  } catch {
    // see above
  }
}

/** Something may stand before the program: variables that are set for it, `npx`. */
function afterProgram(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => /(?:^|\/)sluice$/.test(word));
  return words.slice(at < 0 ? 1 : at + 1);
}

/** @param words between the program's name and the cursor's word */
async function completeLine(words: readonly string[], current: string, names: Names): Promise<Completion> {
  const [name, rest] = takeWord(words);
  if (name === undefined) {
    const options = await completeCall(topLevel, words, current, names);
    const isWord = options.kind === "words" && options.candidates.length === 0 && !current.startsWith("-");
    return isWord ? matching(await commands(), current) : options;
  }
  if (name === "help") return completeHelp(rest, current);
  const entry = await catalogued(name);
  if (!entry) return nothing;
  if (!isGroup(entry)) return completeCall(entry, rest, current, names);
  const [verb, left] = takeWord(rest);
  if (verb === undefined)
    return current.startsWith("-")
      ? completeCall(topLevel, left, current, names)
      : matching(await verbsOf(entry), current);
  const load = Object.hasOwn(entry.verbs, verb) ? entry.verbs[verb] : undefined;
  return load ? completeCall(await load(), left, current, names) : nothing;
}

async function completeHelp(rest: readonly string[], current: string): Promise<Completion> {
  const [name, ...more] = rest;
  if (name === undefined) return matching(await commands(), current);
  const entry = more.length === 0 ? await catalogued(name) : undefined;
  return entry && isGroup(entry) ? matching(await verbsOf(entry), current) : nothing;
}

const nothing: Completion = { kind: "words", candidates: [] };

async function catalogued(name: string): Promise<Command | CommandGroup | undefined> {
  return Object.hasOwn(catalogue, name) ? catalogue[name]!() : undefined;
}

async function verbsOf({ verbs }: CommandGroup): Promise<readonly Candidate[]> {
  const all = await Promise.all(Object.entries(verbs).map(async ([verb, load]) => [verb, await load()] as const));
  return all.map(([word, { summary }]) => ({ word, help: summary }));
}

/** What may stand before a command. */
const topLevel = {
  arguments: [],
  options: { ...leading, version: { type: "boolean", help: "show the version" } },
} as const;

async function commands(): Promise<readonly Candidate[]> {
  const all = await Promise.all(Object.values(catalogue).map((load) => load()));
  return [...all.map(({ name, summary }) => ({ word: name, help: summary })), { word: "help", help: "show the help" }];
}
