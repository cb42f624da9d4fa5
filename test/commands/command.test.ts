import { rename } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

// Each test is many processes.
vi.setConfig({ testTimeout: 120_000 });

const files = {
  "pipeline.ts": `
    import { command, file, param } from "sluice";
    export const raw = file("data/raw.csv");
    export const least = param(2);
    export const clean = command({ raw, least }, ["sh", "scripts/clean.sh", "{raw}", "{least}"], {
      outputs: { table: "out/clean.csv" }, stdout: "{table}",
    });
    export const total = command({ clean }, ["awk", "-F,", "-f", "scripts/total.awk", "{clean}"], { stdout: "json" });
    export const pages = command({ clean }, ["./scripts/pages.sh", "{clean.table}", "{pages}"], {
      outputs: { pages: "out/pages/" },
    });
    export const note = command({ total }, "cat {total} notes/intro.txt 2>/dev/null || echo none", { shell: true, stdout: "text" });
  `,
  "data/raw.csv": "apples,12\npears,5\nfigs,1\n",
  "scripts/clean.sh": 'while IFS=, read -r name n; do [ "$n" -lt "$2" ] || echo "$name,$n"; done < "$1"\n',
  "scripts/total.awk": "{ total += $2 }\nEND { print total }\n",
  "scripts/pages.sh": '#!/bin/sh\nwhile IFS=, read -r name n; do echo "$n" > "$2/$name.txt"; done < "$1"\n',
};

interface Ran {
  readonly remembered: boolean;
  readonly ran: Readonly<Record<string, string>>;
}

/** The nodes that ran, each with why. */
async function run(project: RigProject, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Ran> {
  const { code, stderr } = await project.sluiceWith({ env }, "run", "--verbose", ...args);
  expect(code, stderr).toBe(0);
  const ran = [...stderr.matchAll(/^ran +(\S+) +(?:[\d.<]+ m?s) +(.*)$/gm)].map(([, name, why]) => [name!, why!]);
  return { remembered: stderr.includes("as remembered, nothing has changed"), ran: Object.fromEntries(ran) };
}

const nothing = { remembered: true, ran: {} };

/** A project of which a run is remembered. */
async function settled(over: Record<string, string> = {}): Promise<RigProject> {
  const project = await rig.project({ ...files, ...over });
  await project.chmod("scripts/pages.sh", 0o755);
  await run(project);
  await run(project);
  expect(await run(project)).toEqual(nothing);
  return project;
}

describe("commands run again when what they run changes, and only then", () => {
  test("not when what does not count changes", async () => {
    await using project = await settled();
    for (const name of Object.keys(files)) await project.touch(name);
    await project.write("scripts/other.awk", "x");
    await project.remove("out");
    expect((await run(project, [], { TZ: "Asia/Tokyo", LANG: "de_DE.UTF-8" })).ran).toEqual({});
    expect(await project.read("out/pages/pears.txt")).toBe("5\n");
    await run(project);
    expect(await run(project)).toEqual(nothing);
  });

  const edits: Record<string, readonly [(project: RigProject) => Promise<unknown>, Record<string, string>]> = {
    "a script changes, and gives the same": [
      (project) => project.append("scripts/clean.sh", "# a comment\n"),
      { clean: "file scripts/clean.sh changed" },
    ],
    "a script changes, and gives something else": [
      (project) => project.write("scripts/total.awk", "END { print 7 }"),
      { total: "file scripts/total.awk changed", note: "input total changed" },
    ],
    "a program of the project changes": [
      (project) => project.append("scripts/pages.sh", "echo more > $2/more.txt\n"),
      { pages: "file scripts/pages.sh changed" },
    ],
    "an argument changes": [
      async (project) => {
        await project.write("scripts/sum.awk", files["scripts/total.awk"]);
        const text = await project.read("pipeline.ts");
        await project.write(
          "pipeline.ts",
          text.replace('"-F,", "-f", "scripts/total.awk"', '"-F", ",", "-fscripts/sum.awk"'),
        );
      },
      {
        // the file that is glued to its option is seen as well
        total: expect.stringMatching(/file scripts\/total\.awk was removed|file scripts\/sum\.awk was added/),
      },
    ],
    "an argument changes that is no file": [
      (project) => edit(project, "pipeline.ts", '"-F,"', '"-F", ","'),
      {
        total: "code: arguments: awk -F, -f scripts/total.awk {clean} -> awk -F , -f scripts/total.awk {clean}",
      },
    ],
    "a parameter changes": [
      (project) => edit(project, "pipeline.ts", "param(2)", "param(6)"),
      {
        clean: "param least: 2 -> 6",
        total: "input clean changed",
        pages: "input clean changed",
        note: "input total changed",
      },
    ],
    "data changes": [
      (project) => project.append("data/raw.csv", "nuts,0\n"),
      { clean: "file raw: data/raw.csv (25 bytes) -> data/raw.csv (32 bytes)" },
    ],
    "what becomes of stdout changes": [
      (project) => edit(project, "pipeline.ts", '"{clean}"], { stdout: "json" }', '"{clean}"], { stdout: "text" }'),
      { total: "code: stdout: json -> text", note: "input total changed" },
    ],
    "a file appears that an argument has always named": [
      (project) => project.write("notes/intro.txt", "hello\n"),
      { note: "file notes/intro.txt was added" },
    ],
  };
  test.for(Object.keys(edits))("when %s", async (name) => {
    await using project = await settled();
    const [change, ran] = edits[name]!;
    await change(project);
    expect(await run(project)).toEqual({ remembered: false, ran });
    expect((await run(project)).ran).toEqual({});
    expect(await run(project)).toEqual(nothing);
  });

  test("when a file that an argument names vanishes, comes back, or becomes something else", async () => {
    await using project = await settled({ "notes/intro.txt": "hello\n" });
    expect((await project.sluice("show", "note")).stdout).toContain("hello");
    await project.remove("notes/intro.txt");
    expect((await run(project)).ran).toEqual({ note: "file notes/intro.txt was removed" });
    for (let i = 0; i < 2; i++) await run(project);
    expect(await run(project)).toEqual(nothing);
    await project.write("notes/intro.txt", "hello\n");
    expect(await run(project)).toEqual({ remembered: false, ran: {} });
    await run(project);
    await project.remove("notes/intro.txt");
    await project.write("notes/intro.txt/inner.txt", "x");
    const { stderr } = await project.sluice("run");
    expect(stderr).toContain('the argument "notes/intro.txt" is a folder: what is in it does not count');
  });

  test("when a file changes that a word of a shell command names, however it is written", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { command } from "sluice";
        const options = { stdout: "text", shell: true } as const;
        export const escaped = command({}, "cat a\\\\ b.txt", options);
        export const glued = command({}, "cat in/'c'.txt", options);
        export const inner = command({}, 'echo "$(cat d.txt)"', options);
        export const nested = command({}, ["env", "sh", "-c", "sh -c 'cat e.txt'"], { stdout: "text" });
      `,
      ...Object.fromEntries(["a b", "in/c", "d", "e"].map((name) => [`${name}.txt`, name])),
    });
    for (let i = 0; i < 3; i++) await run(project);
    for (const [node, name] of Object.entries({ escaped: "a b", glued: "in/c", inner: "d", nested: "e" })) {
      await project.append(`${name}.txt`, "!");
      expect(await run(project)).toEqual({ remembered: false, ran: { [node]: `file ${name}.txt changed` } });
    }
  });

  test("a pattern among the words of a shell command is warned of, unless an input covers it", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { command, glob } from "sluice";
        const options = { stdout: "text", shell: true } as const;
        export const all = command({}, "cat data/*.txt", options);
        export const covered = command({ files: glob("data/*.txt") }, "cat data/*.txt", options);
        export const quoted = command({}, "echo 'data/*.txt'; case x in *) ;; esac", options);
      `,
      "data/a.txt": "a",
    });
    const { stderr } = await project.sluice("run");
    expect(stderr.match(/^warning: .*$/gm)).toEqual(['warning: the files that "data/*.txt" matches do not count']);
    expect(stderr).toContain('make them an input: command({ files: glob("data/*.txt") }, [..., "{files}"])');
  });

  test("when a file changes that is glued to an option, or that a variable names", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { command } from "sluice";
        export const all = command({}, ["sh", "-c", "cat ?.txt", "sh", "--in=a.txt", "-Ib.txt", "@c.txt"], {
          env: { CONFIG: "d.txt" }, stdout: "text",
        });
      `,
      ...Object.fromEntries(["a", "b", "c", "d"].map((name) => [`${name}.txt`, name])),
    });
    for (let i = 0; i < 3; i++) await run(project);
    for (const name of ["a", "b", "c", "d"]) {
      await project.append(`${name}.txt`, "!");
      expect(await run(project)).toEqual({ remembered: false, ran: { all: `file ${name}.txt changed` } });
    }
    expect((await project.sluice("show", "all")).stdout).toContain("a!b!c!d!");
  });

  test("when a file changes that is named in what a shell is told to run", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { command, param } from "sluice";
        const n = param(1);
        export const plain = command({}, ["sh", "-c", "sh ./a.sh <b.txt"], { stdout: "text" });
        export const strict = command({ n }, ["/bin/bash", "-euo", "pipefail", "-c", 'cat "c.txt"|sed s/c/{n}/'], { stdout: "text" });
        export const other = command({}, ["printf", "-c", "a.sh b.txt"], { stdout: "text" });
      `,
      "a.sh": "cat",
      "b.txt": "b",
      "c.txt": "c",
    });
    for (let i = 0; i < 3; i++) await run(project);
    await project.append("a.sh", "; echo more");
    expect((await run(project)).ran).toEqual({ plain: "file a.sh changed" });
    await project.append("b.txt", "!");
    expect((await run(project)).ran).toEqual({ plain: "file b.txt changed" });
    await project.append("c.txt", "!");
    expect((await run(project)).ran).toEqual({ strict: "file c.txt changed" });
    expect((await run(project)).ran).toEqual({});
  });

  test("and it is said when a text that is handed to a program is the path of a file", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { command, file, param } from "sluice";
        export const path = param("data/raw.csv");
        export const raw = file("data/raw.csv");
        export const bad = command({ path }, ["wc", "-l", "{path}"], { stdout: "text" });
        export const good = command({ raw }, ["wc", "-l", "{raw}"], { stdout: "text" });
      `,
      "data/raw.csv": "1",
    });
    const { stderr } = await project.sluice("run");
    expect(stderr).toContain('bad | warn "data/raw.csv" is a file, but only its path counts');
    expect(stderr).not.toContain("good |");
  });

  test("when a script may be executed no more", async () => {
    await using project = await settled();
    await project.chmod("scripts/pages.sh", 0o644);
    const { code, stderr } = await project.sluice("run");
    expect(code).toBe(1);
    expect(stderr).toContain('"./scripts/pages.sh" may not be executed');
  });

  test("wherever the project lies", async () => {
    await using project = await settled();
    await using other = await rig.project({});
    await rename(path.join(project.dir, "."), path.join(other.dir, "moved"));
    const { code, stderr } = await project.sluiceWith({ cwd: path.join(other.dir, "moved") }, "run", "--verbose");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("all 4 stages were reused");
    await rename(path.join(other.dir, "moved"), project.dir);
  });
});

async function edit(project: RigProject, name: string, from: string, to: string): Promise<void> {
  const text = await project.read(name);
  expect(text).toContain(from);
  await project.write(name, text.replace(from, to));
}

describe("the other commands know commands", () => {
  test("ls, graph, plan, show, why, logs, check, verify, diff", async () => {
    await using project = await settled();
    expect((await project.sluice("ls")).stdout).toMatch(/^clean +command +raw, least +out\/clean\.csv$/m);
    expect((await project.sluice("graph")).stdout).toContain('["clean"]');
    expect((await project.sluice("show", "pages")).stdout).toContain('DirHandle "pages" (2 files)');
    expect((await project.sluice("check")).stdout).toContain("4 stages checked: no undeclared input");
    expect((await project.sluice("verify")).stdout).toContain("4 of 4 stages verified, 4 the same");
    await edit(project, "scripts/clean.sh", '"$name,$n"', '"$name,$n" | tr a-z A-Z; echo said >&2');
    const plan = (await project.sluice("plan", "--json")).json();
    expect(plan.nodes.clean).toMatchObject({ status: "run", kind: "command" });
    expect(plan.nodes.total).toMatchObject({ status: "maybe" });
    const why = (await project.sluice("why", "clean")).stdout;
    expect(why).toContain("file scripts/clean.sh changed");
    expect(why).toMatch(/^ +- while .*echo "\$name,\$n"; done/m);
    expect(why).toMatch(/^ +\+ while .*tr a-z A-Z/m);
    await run(project);
    expect((await project.sluice("logs", "clean")).stdout).toContain("clean | said");
    await run(project);
    // the last run made nothing; what was said is kept with the result
    expect((await project.sluice("logs", "clean")).stdout).toContain("clean | said");
    const [, before] = (await project.sluice("runs", "--json")).json().runs.toReversed();
    const diff = (await project.sluice("diff", before.id ?? before.runId, "last", "clean")).stdout;
    expect(diff).toContain("APPLES");
  });

  test("files that an output's folder has no more are removed, others are not", async () => {
    await using project = await settled();
    await project.write("out/pages/mine.txt", "mine");
    await run(project, ["--set", "least=6"]);
    expect([project.exists("out/pages/pears.txt"), project.exists("out/pages/apples.txt")]).toEqual([false, true]);
    expect(await project.read("out/pages/mine.txt")).toBe("mine");
    await run(project);
    expect(await project.read("out/pages/pears.txt")).toBe("5\n");
    await project.write("out/pages/pears.txt", "edited by hand");
    await run(project, ["--set", "least=6"]);
    expect(await project.read("out/pages/pears.txt")).toBe("edited by hand");
  });

  test("an argument that is what another node writes is refused", async () => {
    await using project = await rig.project({
      ...files,
      "pipeline.ts": `${files["pipeline.ts"]}
        export const bad = command({}, ["wc", "out/pages/pears.txt"]);
      `,
    });
    const { code, stderr } = await project.sluice("run");
    expect(code).toBe(2);
    expect(stderr).toContain('the argument "out/pages/pears.txt" of "bad" is what "pages" writes');
    expect(stderr).toContain("make pages an input, and write {pages.pages} in its place");
    expect((await project.sluice("check", "--json")).json().problems).toHaveLength(1);
  });

  test("an output that an input does not have is refused before anything runs", async () => {
    await using project = await rig.project({
      ...files,
      "pipeline.ts": files["pipeline.ts"].replace("{clean.table}", "{clean.tabel}"),
    });
    const { code, stderr } = await project.sluice("run");
    expect([code, stderr]).toEqual([2, expect.stringContaining("did you mean {clean.table}?")]);
  });
});

describe("what changes while a program runs", () => {
  test.for(["scripts/slow.sh", "data/raw.csv", "notes.txt"])("%s: nothing is recorded", async (changed) => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { command, file } from "sluice";
        export const slow = command({ raw: file("data/raw.csv") }, ["sh", "scripts/slow.sh", "{raw}", "notes.txt"], { stdout: "text" });
      `,
      "data/raw.csv": "1\n",
      "scripts/slow.sh": 'echo working >&2\nwhile [ ! -e go ]; do sleep 0.02; done\ncat "$1"\n',
    });
    const started = project.start({}, "run", "--verbose");
    await started.wrote("working");
    await project.write(changed, "# other\n");
    await project.write("go", "");
    const { stderr, code } = await started.finished;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      new RegExp(`was not recorded: .*${changed === "data/raw.csv" ? "slow.raw" : changed} changed while it ran`),
    );
    expect(Object.keys((await run(project)).ran)).toEqual(["slow"]);
  });
});

describe("when the run is ended", () => {
  const pipeline = {
    "pipeline.ts": `
      import { command } from "sluice";
      export const slow = command({}, ["sh", "slow.sh"]);
    `,
    "slow.sh":
      "sh -c 'echo $$ > child; exec sleep 600' & echo $$ > self\nwhile [ ! -s child ]; do sleep 0.01; done\necho working\nwait\n",
  };

  test.for(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "by %s, its programs end, and nothing is recorded",
    async (signal) => {
      await using project = await rig.project(pipeline);
      const started = project.start({}, "run");
      await started.wrote("working");
      started.kill(signal);
      const { code, stderr } = await started.finished;
      expect(code, stderr).toBe(130);
      for (const name of ["self", "child"]) await gone(Number(await project.read(name)));
      expect((await project.sluice("plan", "--json")).json().nodes.slow.status).toBe("run");
    },
  );

  test("by a second signal, its programs end at once", async () => {
    await using project = await rig.project({
      ...pipeline,
      "slow.sh": "trap '' TERM\necho $$ > self\necho working\nwhile :; do sleep 0.05; done\n",
    });
    const started = project.start({}, "run");
    await started.wrote("working");
    started.kill("SIGINT");
    await started.wrote("stopping");
    started.kill("SIGINT");
    expect((await started.finished).code).toBe(130);
    await gone(Number(await project.read("self")));
  });

  test("by SIGKILL, the next run continues", async () => {
    await using project = await rig.project(pipeline);
    const started = project.start({}, "run");
    await started.wrote("working");
    started.kill("SIGKILL");
    await started.finished;
    const orphan = Number(await project.read("self"));
    await project.write("slow.sh", "echo done\n");
    expect(Object.keys((await run(project)).ran)).toEqual(["slow"]);
    // nobody is left to end it
    process.kill(-orphan, "SIGKILL");
  });
});

async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 150; i++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
  throw new Error(`process ${pid} is still there`);
}
