import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bashReply, readBashLine } from "../../src/commands/completion/bash-words.ts";
import { completeCall, meaningOf, type Names } from "../../src/commands/completion/candidates.ts";
import { scripts } from "../../src/commands/completion/scripts.ts";
import { commonOptions } from "../../src/commands/options.ts";
import { everyCommand } from "../rig/commands.ts";
import { type RigProject, rig } from "../rig/rig.ts";
import { cli } from "../rig/tested.ts";

/** What a shell could take for more than a name. */
const hostile = [
  "a b",
  "it's",
  '"quoted"',
  "$(touch pwned)",
  "`touch pwned`",
  "x;touch pwned",
  "x&touch pwned",
  "x|touch pwned",
  "$HOME",
  "*",
  "{a,b}",
  "<in>",
  ">out",
  "a:b c",
  "k=v w",
  "back\\slash",
  "#no",
  "bang!!",
  "ünï 日本",
];

const names: Names = {
  nodes: async () => [{ word: "clean" }, { word: "stats" }],
  params: async () => [{ word: "topN" }],
  runs: async () => [{ word: "last" }],
};

async function words(command: string, before: readonly string[], current: string): Promise<readonly string[]> {
  const { candidates } = await completeCall((await everyCommand()).get(command)!, before, current, names);
  return candidates.map(({ word }) => word);
}

describe("what may stand at the cursor", () => {
  test("every option of every command, with its choices; every argument with its choices", async () => {
    for (const [name, command] of await everyCommand()) {
      const options = { ...command.options, ...commonOptions };
      expect(await words(name, [], "--")).toEqual(Object.keys(options).map((option) => `--${option}`));
      for (const [option, { choices }] of Object.entries(command.options)) {
        if (!choices) continue;
        expect(await words(name, [`--${option}`], "")).toEqual(choices);
        expect(await words(name, [], `--${option}=`)).toEqual(choices.map((choice) => `--${option}=${choice}`));
      }
      const [first] = command.arguments;
      if (first?.choices) expect(await words(name, [], "")).toEqual(first.choices);
    }
  });

  test("every placeholder means something, or is known to be free text", async () => {
    const ofEntries = ["VARIABLE", "[NAME=]TEXT", "LABEL", "NAME=PATH", "NAME=TEXT", "PIECE", "COMMAND"];
    const free = ["N", "N|auto", "TEXT", "COLUMN[,COLUMN]", "SIZE", "TIME", ...ofEntries];
    for (const command of (await everyCommand()).values()) {
      const placeholders = [
        ...command.arguments.filter(({ choices }) => !choices).map(({ name }) => name),
        ...Object.values(command.options).flatMap(({ value, choices }) => (value && !choices ? [value] : [])),
      ];
      for (const placeholder of placeholders.filter((each) => !free.includes(each)))
        expect(meaningOf(placeholder), `${command.name} ${placeholder}: say in meaningOf() what it is`).toBeDefined();
    }
  });

  test("names where they fit", async () => {
    expect(await words("run", ["clean"], "")).toEqual(["clean", "stats"]);
    expect(await words("run", ["-j", "2", "--keep-going"], "s")).toEqual(["stats"]);
    expect(await words("run", ["--recompute"], "")).toEqual(["clean", "stats"]);
    expect(await words("run", ["--set"], "")).toEqual(["topN="]);
    expect(await words("run", [], "--set=t")).toEqual(["--set=topN="]);
    expect(await words("why", ["clean"], "")).toEqual([]);
    expect(await words("logs", [], "")).toEqual(["last", "clean", "stats"]);
    expect(await words("logs", ["last"], "")).toEqual(["clean", "stats"]);
    expect(await words("diff", [], "")).toEqual(["last", "clean", "stats"]);
    expect(await words("run", ["--"], "--")).toEqual([]);
    expect(await words("run", ["--json"], "--js")).toEqual([]);
  });

  test("paths are left to the shell", async () => {
    const run = (await everyCommand()).get("run")!;
    expect((await completeCall(run, ["-f"], "pi", names)).kind).toBe("files");
    expect((await completeCall(run, ["--cache-dir"], "", names)).kind).toBe("folders");
  });
});

describe("quoting for bash", () => {
  const breaks = " \t\n\"'><=;|&(:";

  test("a name that is completed is that name to bash, however its beginning was typed", () => {
    const dir = mkdtempSync(path.join(tmpdir(), "sluice-quoting-"));
    try {
      const name = fc.oneof(
        fc.constantFrom(...hostile),
        fc
          .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
          .filter((text) => !/\p{C}/u.test(text) && /\S/.test(text)),
        fc.string({ unit: fc.constantFrom(..."ab '\"\\$`!;&|<>(){}[]*?#~=:%^-"), minLength: 1, maxLength: 10 }),
      );
      const samples = fc.sample(fc.tuple(name, fc.nat(), fc.constantFrom("", "'", '"')), { numRuns: 400, seed: 7 });
      const lines: string[] = [];
      const expected: string[] = [];
      for (const [word, at, quote] of samples) {
        // as a person types the beginning: with quotes, or every character by itself
        const typed = [...word].slice(0, at % ([...word].length + 1)).join("");
        if ((quote === "'" && typed.includes("'")) || (quote === '"' && typed.includes("!"))) continue;
        const raw = quote + bashReply(typed, { cut: 0, quote: quote as "" })!;
        const line = readBashLine(`sluice run ${raw}`, breaks);
        expect(line).toMatchObject({ words: ["sluice", "run"], current: typed, quote });
        const reply = bashReply(word, line);
        if (reply === undefined) {
          expect(quote).toBe('"');
          continue;
        }
        // bash keeps what stands before the part that it replaces
        const kept = quote + bashReply(typed.slice(0, line.cut), { cut: 0, quote: quote as "" })!;
        lines.push(`printf '%s\\0' ${kept}${reply}${quote}`);
        expected.push(word);
      }
      expect(lines.length).toBeGreaterThan(200);
      const { stdout } = spawnSync("bash", ["--norc", "-c", lines.join("\n")], { cwd: dir, encoding: "utf8" });
      expect(stdout.split("\0").slice(0, -1)).toEqual(expected);
      expect(readdirSync(dir)).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test("a line is read as bash reads it", () => {
    expect(readBashLine('sluice run \'a b\' "c\\"d" e\\ f', breaks)).toEqual({
      words: ["sluice", "run", "a b", 'c"d'],
      current: "e f",
      cut: 0,
      quote: "",
    });
    expect(readBashLine("cd x; sluice run --cache=r", breaks)).toMatchObject({
      words: ["sluice", "run"],
      current: "--cache=r",
      cut: 8,
    });
    expect(readBashLine("sluice show 'my no", breaks)).toMatchObject({ current: "my no", cut: 0, quote: "'" });
    expect(readBashLine("sluice run ", breaks)).toMatchObject({ words: ["sluice", "run"], current: "" });
  });
});

/** A project with names of all sorts, and a `sluice` for shells that writes down what it is called with. */
async function projectForShells(): Promise<RigProject> {
  const project = await rig.project({
    "pipeline.ts": `import { param, stage } from "sluice";
export const topN = param(3);
export const plain = stage({ topN }, ({ topN }) => topN);
export const odd = ${JSON.stringify(hostile)}.map((name) => stage({}, () => 1, { name: "n" + name }));
`,
    "bin/sluice": `#!/bin/sh
if [ "$1" = __complete ]; then exec ${process.execPath} ${cli} "$@"; fi
printf '%s\\0' "$@" > called
`,
    "sluice.bash": scripts.bash,
    "sluice.zsh": scripts.zsh,
    "sluice.fish": scripts.fish,
  });
  await chmod(path.join(project.dir, "bin/sluice"), 0o755);
  const { code, stderr } = await project.sluice("plan", "--quiet");
  expect(code, stderr).toBe(0);
  return project;
}

function shell(
  project: RigProject,
  program: string,
  args: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  const PATH = `${path.join(project.dir, "bin")}:${process.env.PATH}`;
  return rig.startProcess(program, args, { cwd: project.dir, env: { PATH, TERM: "xterm" } }).finished;
}

function has(program: string): boolean {
  return spawnSync(program, ["--version"]).status === 0;
}

describe("sluice completion bash", () => {
  test.runIf(has("bash"))("completes in a real bash, and hostile names stay names", async () => {
    await using project = await projectForShells();
    const script = `
source ./sluice.bash
try() {
  COMP_LINE="$1" COMP_POINT=\${#1}
  _sluice_complete sluice 2>&1
  printf '%s\\n' "== $1" "\${COMPREPLY[@]}"
}
try 'sluice comp'
try 'sluice run --cache '
try 'sluice run p'
try 'sluice run --set '
try 'sluice run --recompute na'
try 'cd /; sluice why '"'"'nit'
try 'sluice nothing '
COMP_LINE='sluice run n' COMP_POINT=12
_sluice_complete
for reply in "\${COMPREPLY[@]}"; do eval "printf '%s\\0' $reply"; done > names
`;
    const { stdout, stderr } = await shell(project, "bash", ["--norc", "-c", script]);
    expect(stderr).toBe("");
    expect(stdout).toBe(`== sluice comp
completion
== sluice run --cache 
rw
ro
wo
off
== sluice run p
plain
== sluice run --set 
topN=
== sluice run --recompute na
na\\ b
na:b\\ c
== cd /; sluice why 'nit
nit'\\''s
== sluice nothing 
`);
    expect((await project.read("names")).split("\0").slice(0, -1)).toEqual(hostile.map((name) => `n${name}`));
    expect(project.exists("pwned")).toBe(false);
  });
});

describe("sluice completion zsh", () => {
  test.runIf(has("zsh"))("completes in a real zsh", async () => {
    await using project = await projectForShells();
    const lines = ["run pl", "run ni", "run n\\\\$\\\\(", "run nx\\\\;", "run na:", "run nk=", "run --cache=of"];
    const script = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1=; autoload -Uz compinit; compinit -u -D; source ./sluice.zsh; print -r -- rea"dy"'
zpty -r z out '*ready*'
for line in ${lines.map((line) => `$'sluice ${line}'`).join(" ")}; do
  rm -f called
  zpty -w -n z "$line"$'\\t'
  zpty -w -n z $'\\r'
  while [[ ! -s called ]]; do sleep 0.05; done
  while read -r -d $'\\0' word; do print -r -- "$word"; done < called
done
`;
    const { stdout, stderr } = await shell(project, "zsh", ["-f", "-c", script]);
    expect(stderr).toBe("");
    const expected = ["plain", "nit's", "n$(touch pwned)", "nx;touch pwned", "na:b c", "nk=v w", "--cache=off"];
    expect(stdout).toBe(expected.map((word) => `run\n${word}\n`).join(""));
    expect(project.exists("pwned")).toBe(false);
  });
});

describe("sluice completion fish", () => {
  test.runIf(has("fish"))("completes in a real fish", async () => {
    await using project = await projectForShells();
    const ask = (line: string): string => `complete -C ${JSON.stringify(line)}; echo ==;`;
    const lines = ["sluice comp", "sluice run pl", "sluice run nit", "sluice run na", "sluice run --cache=o"];
    const script = `source ./sluice.fish; ${lines.map(ask).join(" ")} complete -C "sluice run n" | string split -f1 \\t`;
    const { stdout, stderr } = await shell(project, "fish", ["--no-config", "-c", script]);
    expect(stderr).toBe("");
    const [command, node, quoted, two, choice, all] = stdout.split("==\n");
    expect(command).toMatch(/^completion\t/);
    expect(node).toBe("plain\tstage\n");
    expect(quoted).toContain("it's");
    expect(two).toContain("na b\tstage\nna:b c\tstage\n");
    expect(choice).toBe("--cache=off\n");
    expect(all!.trimEnd().split("\n").toSorted()).toEqual(hostile.map((name) => `n${name}`).toSorted());
    expect(project.exists("pwned")).toBe(false);
  });
});

describe("what a shell asks", () => {
  test("names are known without loading the pipeline, and nothing is said of what is wrong", async () => {
    await using project = await projectForShells();
    await project.write("pipeline.ts", `console.log("loaded"); process.exit(3);\n`);
    const named = await project.sluice("__complete", "fish", "sluice", "run", "pl");
    expect({ ...named, json: undefined }).toMatchObject({ code: 0, stdout: "words\nplain\tstage\n", stderr: "" });
    const other = await project.sluice("__complete", "fish", "sluice", "run", "-f", "nope.ts", "pl");
    expect({ ...other, json: undefined }).toMatchObject({ code: 0, stdout: "", stderr: "" });
    await writeFile(path.join(project.dir, ".sluice/v1/metadata.db"), "no database");
    const damaged = await project.sluice("__complete", "fish", "sluice", "run", "pl");
    expect({ ...damaged, json: undefined }).toMatchObject({ code: 0, stderr: "" });
    expect(await readFile(path.join(project.dir, ".sluice/v1/metadata.db"), "utf8")).toBe("no database");
  });

  test("where no pipeline was loaded yet there are no names, and no cache is made", async () => {
    await using project = await rig.project({ "pipeline.ts": "export {};\n" });
    const { code, stdout, stderr } = await project.sluice("__complete", "bash", "sluice run ", "=:");
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "words\n", stderr: "" });
    expect(project.exists(".sluice")).toBe(false);
  });

  test("names of runs, and of the pipeline that is named", async () => {
    await using project = await rig.project({
      "other/pipeline.ts": `import { stage } from "sluice";\nexport const there = stage({}, () => 1);\n`,
    });
    const [{ runId }] = [(await project.sluice("run", "-f", "other", "--json")).json()];
    const runs = await project.sluice("__complete", "fish", "sluice", "logs", "-f", "other", runId.slice(0, 4));
    expect(runs.stdout).toBe(`words\n${runId}\tok\n`);
    const nodes = await project.sluice("__complete", "bash", "sluice -f other run ", "=:");
    expect(nodes.stdout).toBe("words\nthere\n");
  });

  test("verbs of a group, and what each of them takes", async () => {
    await using project = await projectForShells();
    const ask = async (line: string): Promise<string> =>
      (await project.sluice("__complete", "bash", line, "=:")).stdout;
    expect(await ask("sluice cache v")).toBe("words\nverify\n");
    expect(await ask("sluice help cache v")).toBe("words\nverify\n");
    expect(await ask("sluice cache --js")).toBe("words\n--json\n");
    expect(await ask("sluice cache verify --re")).toBe("words\n--repair\n");
    expect(await ask("sluice cache --json gc --re")).toBe("words\n");
    expect(await ask("sluice cache ls pl")).toBe("words\nplain\n");
    expect(await ask("sluice cache nothing ")).toBe("words\n");
  });

  test("names follow the pipeline", async () => {
    await using project = await projectForShells();
    await project.write("pipeline.ts", `import { stage } from "sluice";\nexport const renamed = stage({}, () => 1);\n`);
    await project.sluice("run");
    const { stdout } = await project.sluice("__complete", "bash", "sluice run ", "=:");
    expect(stdout).toBe("words\nrenamed\n");
  });
});
