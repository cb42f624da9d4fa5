// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell commands have them
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseShell, shellReferences } from "../../src/core/command/shell.ts";
import { parseTemplate, placeholderText, type Template } from "../../src/core/command/template.ts";

describe("a template", () => {
  test.for<[text: string, template: Template]>([
    ["", []],
    ["plain", ["plain"]],
    ["{raw}", [{ name: "raw" }]],
    ["--in={raw}", ["--in=", { name: "raw" }]],
    ["{a}{b}", [{ name: "a" }, { name: "b" }]],
    ["{clean.table}", [{ name: "clean", member: "table" }]],
    ["{naïve_1-x}", [{ name: "naïve_1-x" }]],
    ["{{raw}}", ["{raw}"]],
    ["{{{raw}}}", ["{", { name: "raw" }, "}"]],
    ["{{{{", ["{{"]],
    ['{{"a": {n}}}', ['{"a": ', { name: "n" }, "}"]],
  ])("%j", ([text, template]) => {
    expect(parseTemplate(text)).toEqual(template);
  });

  test.for(["{", "}", "a{", "{print $1}", "{a b}", "{}", "{a.}", "{.a}", "{a.b.c}", "{a", "a}b", "{{a}"])(
    "%j is a mistake",
    (text) => {
      expect(parseTemplate(text)).toMatchObject({ problem: expect.stringMatching(/a single [{}] in/) });
    },
  );

  test("gives back any text whose braces are doubled, with the places in it", () => {
    const piece = fc.oneof(
      fc.string({ unit: "grapheme" }).map((text) => text),
      fc.record({ name: fc.stringMatching(/^[\p{L}\p{N}_-]{1,8}$/u) }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const written = pieces.map((each) =>
          typeof each === "string" ? each.replaceAll("{", "{{").replaceAll("}", "}}") : placeholderText(each),
        );
        const joined: (string | { name: string })[] = [];
        for (const each of pieces) {
          const last = joined.at(-1);
          if (typeof each === "string" && typeof last === "string") joined[joined.length - 1] = last + each;
          else if (each !== "") joined.push(each);
        }
        expect(parseTemplate(written.join(""))).toEqual(joined);
      }),
    );
  });
});

function shell(text: string) {
  const template = parseTemplate(text);
  if ("problem" in template) throw new Error(template.problem);
  return parseShell(template);
}

describe("a shell command", () => {
  test.for<[text: string, places: [quotes: string, alone: boolean][]]>([
    ["sort {a}", [["none", true]]],
    [
      "sort < {a} > {b}",
      [
        ["none", true],
        ["none", true],
      ],
    ],
    [
      "sort --in={a} {b}x",
      [
        ["none", false],
        ["none", false],
      ],
    ],
    [
      "sort {a}|uniq;cat {b}",
      [
        ["none", true],
        ["none", true],
      ],
    ],
    [
      `echo "x {a} y" '{b}' {c}`,
      [
        ["double", false],
        ["single", false],
        ["none", true],
      ],
    ],
    [
      `echo "$(cat {a})" "{b}"`,
      [
        ["none", true],
        ["double", false],
      ],
    ],
    [
      `echo "it's {a}" it\\'s {b}`,
      [
        ["double", false],
        ["none", true],
      ],
    ],
    [
      `echo 'a "b' {a} "c 'd" {b}`,
      [
        ["none", true],
        ["none", true],
      ],
    ],
    [
      `echo "a \\" {a}" {b}`,
      [
        ["double", false],
        ["none", true],
      ],
    ],
    [
      `# it's a comment {a}\necho {b}`,
      [
        ["none", true],
        ["none", true],
      ],
    ],
    [`echo a#b's' {a}`, [["none", true]]],
    [
      `(cd x; cat {a}) && f() {{ cat {b}; }}`,
      [
        ["none", true],
        ["none", true],
      ],
    ],
    [`awk '{{ print $1 }}' {a}`, [["none", true]]],
    [`cat <<< {a}`, [["none", true]]],
    [`cat {a} <<EOF\nit's text\nEOF`, [["none", true]]],
    [
      `echo $\{{HOME}} {a} $(( 1 + 2 )) \`date\` {b}`,
      [
        ["none", true],
        ["none", true],
      ],
    ],
  ])("%s", ([text, places]) => {
    const parsed = shell(text);
    expect(parsed).not.toHaveProperty("problem");
    const found = (parsed as Exclude<typeof parsed, { problem: string }>).flatMap((part) =>
      typeof part === "string" ? [] : [[part.quotes, part.alone]],
    );
    expect(found).toEqual(places);
  });

  test.for<[text: string, problem: RegExp]>([
    ["echo ${a}", /\{a\} stands right after a \$/],
    ['echo "${a}"', /right after a \$/],
    ["echo \\{a}", /right after a backslash/],
    ["echo `cat {a}`", /between backticks/],
    ["echo $(( {a} + 1 ))", /inside \$\(\( \)\)/],
    ["echo ${{X:-{a}}}", /inside \$\{ \}/],
    ["cat <<EOF\n{a}\nEOF", /after a here-document/],
    ["echo '{a}", /not closed/],
    ['echo "{a}', /not closed/],
  ])("%s is refused", ([text, problem]) => {
    expect(shell(text)).toMatchObject({ problem: expect.stringMatching(problem) });
  });

  /** What values are most likely to do harm with. */
  const hostile = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom(..."$`'\"\\(){};&|<>*?[]~#!=%- \t\n\rax\u00e9\u{1f600}") }),
    fc.constantFrom(
      "",
      " ",
      "-rf",
      "--",
      "$(touch pwned)",
      "`touch pwned`",
      "; touch pwned",
      "a' b",
      'a" b',
      "*",
      "~",
      "\\",
      "\n",
      "${HOME}",
      "$1",
      "&& touch pwned",
      "%s%n",
      "!!",
      "$((1+1))",
      "'; touch pwned; '",
      '"; touch pwned; "',
    ),
  );

  test("passes any value as it is, wherever it stands", { timeout: 60_000 }, () => {
    const contexts = [
      "{v}",
      '"{v}"',
      "'{v}'",
      "a{v}b",
      '"a {v} b"',
      "'a {v} b'",
      '"$(printf %s. {v})"',
      "$(printf '%s' \"x\"){v}",
      "'it'{v}\"s\"",
    ];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...contexts), hostile), { minLength: 1, maxLength: 8 }), (uses) => {
        const values = uses.map(([, value]) => value.replaceAll("\0", "").toWellFormed());
        const text = `printf '%s\\0' ${uses.map(([context], i) => context.replace("{v}", `{v${i}}`)).join(" ")}`;
        const parsed = shell(text);
        if ("problem" in parsed) throw new Error(parsed.problem);
        let script = "";
        const parameters: string[] = [];
        for (const part of parsed) {
          if (typeof part === "string") script += part;
          else {
            script += shellReferences(part, parameters.length + 1, 1);
            parameters.push(values[Number(part.name.slice(1))]!);
          }
        }
        const { stdout, status } = spawnSync("sh", ["-e", "-c", script, "sh", ...parameters], { encoding: "utf8" });
        const expected = uses.map(([context], i) => {
          const value = values[i]!;
          if (context.startsWith('"$(')) return `${value}.`;
          if (context.startsWith("$(")) return `x${value}`;
          if (context.startsWith("'it'")) return `it${value}s`;
          return context.replaceAll(/^["']|["']$/g, "").replace("{v}", () => value);
        });
        expect(status).toBe(0);
        expect(stdout.split("\0").slice(0, -1)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });
});
