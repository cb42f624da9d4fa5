import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isForShell, shellWords } from "../../src/core/command/shell-words.ts";

const texts = (command: string): readonly string[] => shellWords(command).map(({ text }) => text);

describe("words of a shell command", () => {
  test.for<[command: string, words: string[]]>([
    ["cat <a.txt", ["a.txt"]],
    ["cat 0<a.txt;cat b.txt|cat>c.txt&&(cat d.txt)", ["a.txt", "b.txt", "c.txt", "d.txt"]],
    ["cat 'a b.txt' \"c d.txt\" e\\ f.txt", ["a b.txt", "c d.txt", "e f.txt"]],
    ["cat data/\"a b\".txt 'data'/c.txt", ["data/a b.txt", "data/c.txt"]],
    ["cat a\\\n.txt \\\n b.txt", ["a.txt", "b.txt"]],
    ['echo "it is $(cat a.txt), `cat b.txt`" c.txt', ["a.txt", "b.txt", "c.txt"]],
    ['echo "$(echo ")" "$(cat "a b.txt")")" c.txt', ["a b.txt", "c.txt"]],
    ["x=$(cat a.txt) y=`cat b.txt`", ["a.txt", "b.txt"]],
    ["echo a | xargs sh -c 'cat \"a b.txt\"'", ["a b.txt"]],
    ["env /bin/bash -euc 'sh -c \"cat a.txt\"'", ["a.txt"]],
    ["echo # don't\ncat a.txt", ["a.txt"]],
    ["cat <<EOF\ndon't\nEOF\ncat a.txt", ["a.txt"]],
    ['echo "a.txt', ["a.txt"]],
    ["cat a.txt\\", ["a.txt"]],
  ])("%s", ([command, words]) => {
    expect(texts(command)).toEqual(expect.arrayContaining(words));
  });

  test("what the shell expands is a pattern, and nothing in quotes is", () => {
    const patterns = shellWords("cat a/*.txt 'b/*.txt' \"c/?\" d/[ab].txt e/\\*.txt f/'*'?").filter(
      ({ isPattern }) => isPattern,
    );
    expect(patterns.map(({ text }) => text)).toEqual(["a/*.txt", "d/[ab].txt", "f/*?"]);
  });

  test("the dot that reads a script is no folder", () => {
    expect(texts(". a.sh; (. b.sh) && . c.sh\n. d.sh").filter((text) => text === ".")).toEqual([]);
    expect(texts("grep -r x . | cat")).toContain(".");
    expect(texts('find "." -type f')).toContain(".");
  });

  test("every word that a shell sees is found, however it is written", () => {
    const letter = fc.constantFrom(..."ab/.-_ é'\"\\$`#;|&<>()*?[]~=!\n\t");
    const piece = fc.tuple(
      fc.string({ unit: letter, minLength: 1, maxLength: 6 }),
      fc.constantFrom(singleQuoted, doubleQuoted, escaped),
    );
    const word = fc.array(piece, { minLength: 1, maxLength: 3 });
    const separator = fc.constantFrom(" ", "  ", "\t", " \\\n ");
    const line = fc.array(fc.tuple(word, separator), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(line, (words) => {
        const command = words.map(([pieces, space]) => pieces.map(([text, quote]) => quote(text)).join("") + space);
        const meant = words.map(([pieces]) => pieces.map(([text]) => text).join(""));
        // Behind a command: a dot in its place would be the one that reads a script.
        expect(texts(`cat ${command.join("")}`)).toEqual(expect.arrayContaining(meant));
      }),
      { numRuns: 500 },
    );
  });

  test("what is written so is what a shell hands on", () => {
    const odd = "a b'c\"d\\e$f`g#h\n";
    const command = `printf %s ${singleQuoted(odd)} ${doubleQuoted(odd)} ${escaped("a b'c\"d\\e$f`g#h")}`;
    expect(spawnSync("sh", ["-c", command], { encoding: "utf8" }).stdout).toBe(odd + odd + odd.trimEnd());
  });

  test("it ends for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."a '\"\\$`(){}#<\n-c") }), (text) => {
        shellWords(`sh -c ${text}`);
      }),
      { numRuns: 500 },
    );
  });
});

test.for<[argv: (string | undefined)[], i: number, is: boolean]>([
  [["sh", "-c", "x"], 2, true],
  [["/bin/bash", "-euo", "pipefail", "-c", "x"], 4, true],
  [["timeout", "5", "bash", "-ec", "x"], 4, true],
  [["bash", "-ce", "x"], 2, true],
  [["python3", "-c", "x"], 2, false],
  [["sh", "-c"], 1, false],
  [["sh", "x", "y"], 2, false],
  [[undefined, "-c", "x"], 2, false],
])("%j at %i", ([argv, i, is]) => {
  expect(isForShell(argv, i)).toBe(is);
});

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function doubleQuoted(text: string): string {
  return `"${text.replaceAll(/["\\$`]/g, "\\$&")}"`;
}

/** Each character by itself; a broken line is none, so those are in quotes. */
function escaped(text: string): string {
  return text.replaceAll(/./gsu, (char) => (char === "\n" ? "'\n'" : `\\${char}`));
}
