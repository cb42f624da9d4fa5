import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";
import { cli } from "../rig/tested.ts";

/** Counts how often it ran, in a file that is no business of the cache's. */
const script = `#!/bin/sh
echo x >> "$HOME/runs"
echo "to stdout: $GREETING"
echo "to stderr" >&2
echo "again"
tr a-z A-Z < "$1" > "$2"
`;

async function project(): Promise<RigProject> {
  const made = await rig.project({ "package.json": "{}\n", "work.sh": script, "in.txt": "hello\n", "home/.keep": "" });
  await made.chmod("work.sh", 0o755);
  return made;
}

function exec(made: RigProject, args: readonly string[], env: Record<string, string> = {}) {
  return made.sluiceWith({ env: { HOME: path.join(made.dir, "home"), ...env } }, "cache", "exec", ...args);
}

function runs(made: RigProject): number {
  const file = path.join(made.dir, "home/runs");
  return existsSync(file) ? statSync(file).size / 2 : 0;
}

const work = ["--output", "out.txt", "--", "./work.sh", "in.txt", "out.txt"];
const printed = { code: 0, stdout: "to stdout: \nagain\n", stderr: "to stderr\n" };

describe("sluice cache exec", () => {
  test("runs a command once; then prints what it printed and puts its outputs where they were", async () => {
    await using made = await project();
    expect(await exec(made, work)).toMatchObject(printed);
    expect(await made.read("out.txt")).toBe("HELLO\n");
    await made.remove("out.txt");
    expect(await exec(made, work)).toMatchObject(printed);
    expect(await made.read("out.txt")).toBe("HELLO\n");
    await made.write("out.txt", "edited");
    expect(await exec(made, work)).toMatchObject(printed);
    expect(await made.read("out.txt")).toBe("HELLO\n");
    expect(runs(made)).toBe(1);
  });

  test.each<readonly [string, (made: RigProject) => Promise<void>, readonly string[]]>([
    ["a file that an argument names", (made) => made.write("in.txt", "other\n"), work],
    ["the script that it is", (made) => made.append("work.sh", "# more\n"), work],
    ["whether the script can be executed by its bits", (made) => made.chmod("in.txt", 0o755), work],
    ["an argument", async () => {}, [...work, "more"]],
    ["an output", async () => {}, ["--output", "more.txt", "--", "./work.sh", "in.txt", "more.txt"]],
    ["a text", async () => {}, ["--key", "v2", ...work]],
    ["the label", async () => {}, ["--name", "other", ...work]],
  ])("what counts: %s", async (_, change, args) => {
    await using made = await project();
    await exec(made, work);
    await change(made);
    await exec(made, args);
    expect(runs(made)).toBe(2);
  });

  test("files that are named in what a shell is told to run count", async () => {
    await using project = await rig.project({ "data.txt": "one" });
    const call = ["--verbose", "--", "sh", "-c", "cat ./data.txt"];
    expect((await exec(project, call)).stdout).toBe("one");
    expect((await exec(project, call)).stderr).toContain("hit");
    await project.write("data.txt", "two");
    expect((await exec(project, call)).stdout).toBe("two");
  });

  test("what does not count: times, other variables, where the project is", async () => {
    await using made = await project();
    await exec(made, work, { OTHER: "1" });
    await made.touch("in.txt");
    await exec(made, work, { OTHER: "2", LANG: "de_DE", TZ: "Asia/Tokyo" });
    expect(runs(made)).toBe(1);
    await using other = await project();
    expect(await exec(other, ["--cache-dir", path.join(made.dir, ".sluice"), ...work])).toMatchObject(printed);
    expect(runs(other)).toBe(0);
    expect(await other.read("out.txt")).toBe("HELLO\n");
  });

  test("inputs by file, folder and pattern, without the outputs that are in them", async () => {
    await using made = await project();
    await made.write("src/a.txt", "a");
    const forms = [
      ["--input", "src"],
      ["--input", "src/**/*.txt"],
      ["--input", "src/a.txt"],
    ];
    for (const [i, form] of forms.entries()) {
      const call = [...form, "--output", "src/out.txt", "--", "./work.sh", "in.txt", "src/out.txt"];
      await made.write("src/a.txt", `${i}`);
      const before = runs(made);
      await exec(made, call);
      await exec(made, call);
      expect(runs(made), form.join(" ")).toBe(before + 1);
      await made.write("src/a.txt", `${i} edited`);
      await exec(made, call);
      expect(runs(made), form.join(" ")).toBe(before + 2);
      await made.remove("src/out.txt");
    }
    expect((await exec(made, ["--input", "none.txt", "--", "true"])).stderr).toContain("none.txt");
    expect((await exec(made, ["--input", "*.none", "--", "true"])).stderr).toContain("no file matches");
    expect((await exec(made, ["--input", "out.txt", ...work])).code).toBe(2);
  });

  test("variables: those that count, those that are only passed, and no others", async () => {
    await using made = await project();
    const counted = ["--env", "GREETING", ...work];
    expect((await exec(made, counted, { GREETING: "hi" })).stdout).toContain("to stdout: hi\n");
    expect((await exec(made, counted, { GREETING: "ho" })).stdout).toContain("to stdout: ho\n");
    expect((await exec(made, counted, { GREETING: "hi" })).stdout).toContain("to stdout: hi\n");
    expect(runs(made)).toBe(2);
    const passed = ["--pass", "GREETING", "--key", "passed", ...work];
    expect((await exec(made, passed, { GREETING: "hi" })).stdout).toContain("to stdout: hi\n");
    expect((await exec(made, passed, { GREETING: "ho" })).stdout).toContain("to stdout: hi\n");
    expect(runs(made)).toBe(3);
    expect((await exec(made, ["--key", "none", ...work], { GREETING: "hi" })).stdout).toContain("to stdout: \n");
  });

  test("the exit code passes through; a failure is not kept, and what was there is there again", async () => {
    await using made = await project();
    await made.write("out/kept.txt", "from before");
    const fails = ["--output", "out", "--", "sh", "-c", "echo bad >&2; mkdir out; echo half > out/half; exit 7"];
    for (let i = 0; i < 2; i++) expect(await exec(made, fails)).toMatchObject({ code: 7, stdout: "", stderr: "bad\n" });
    expect(readdirSync(path.join(made.dir, "out"))).toEqual(["kept.txt"]);
    expect(await exec(made, ["--", "sh", "-c", "kill -TERM $$"])).toMatchObject({ code: 143 });
    expect(await exec(made, ["--", "no-such-program"])).toMatchObject({ code: 127 });
    expect(await exec(made, ["--", "./in.txt"])).toMatchObject({ code: 126 });
    const entries = await made.sluice("cache", "stats", "--json");
    expect(entries.json().results).toBe(0);
    expect(readdirSync(made.dir).filter((name) => name.startsWith(".sluice-"))).toEqual([]);
  });

  test("an output that was not written, an output that is a link, and an output that nobody declared", async () => {
    await using made = await project();
    const missing = await exec(made, ["--output", "nothing.txt", "--", "true"]);
    expect(missing).toMatchObject({ code: 1 });
    expect(missing.stderr).toContain("did not write its output nothing.txt");
    const link = await exec(made, ["--output", "link", "--", "ln", "-s", "/etc/passwd", "link"]);
    expect(link.stderr).toContain("is a link");
    expect(link.code).toBe(1);
    const undeclared = await exec(made, ["--", "cp", "in.txt", "copy.txt"]);
    expect(undeclared).toMatchObject({ code: 0 });
    expect(undeclared.stderr).toContain("--output copy.txt");
    await made.remove("copy.txt");
    await exec(made, ["--", "cp", "in.txt", "copy.txt"]);
    expect(made.exists("copy.txt")).toBe(true);
  });

  test("an input that changes while the command runs: the outcome stands, and is not kept", async () => {
    await using made = await project();
    const edits = ["--input", "in.txt", "--", "sh", "-c", "echo x >> $HOME/runs; echo more >> in.txt"];
    for (let i = 0; i < 2; i++) {
      const { code, stderr } = await exec(made, edits);
      expect(code).toBe(0);
      expect(stderr).toContain('"in.txt" was changed');
    }
    expect(runs(made)).toBe(2);
  });

  test("folders come back as they were, with modes and links, and without what does not belong", async () => {
    await using made = await project();
    const make =
      "mkdir -p out/sub out/empty && echo 1 > out/sub/a && echo 2 > out/b && chmod +x out/b && ln -s b out/c";
    const call = ["--output", "out", "--", "sh", "-c", make];
    expect((await exec(made, call)).code).toBe(0);
    const listed = (): string[] => readdirSync(path.join(made.dir, "out"), { recursive: true }).map(String).sort();
    const wanted = listed();
    await made.write("out/stray", "x");
    await made.write("out/sub/a", "edited");
    await made.remove("out/b");
    mkdirSync(path.join(made.dir, "out/b"));
    expect((await exec(made, ["--verbose", ...call])).stderr).toContain("hit");
    expect(listed()).toEqual(wanted);
    expect(await made.read("out/sub/a")).toBe("1\n");
    expect(statSync(path.join(made.dir, "out/b")).mode & 0o100).toBe(0o100);
    const { mtimeMs } = statSync(path.join(made.dir, "out/b"));
    await exec(made, call);
    expect(statSync(path.join(made.dir, "out/b")).mtimeMs, "what is right is not written again").toBe(mtimeMs);
  });

  test("bytes of any kind are printed as they were, in their order", async () => {
    await using made = await project();
    const noisy =
      "i=0; while [ $i -lt 50 ]; do printf 'o%d\\377' $i; printf 'e%d\\n' $i >&2; sleep 0.002; i=$((i+1)); done";
    const call = ["--", "sh", "-c", noisy];
    const together = async (): Promise<string> => {
      const quoted = call
        .slice(1)
        .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
        .join(" ");
      const line = `${process.execPath} ${cli} cache exec -- ${quoted} 2>&1 | od -An -c`;
      return (await rig.startProcess("bash", ["-c", line], { cwd: made.dir }).finished).stdout;
    };
    const first = await together();
    expect(first).toContain("377");
    expect(await together()).toBe(first);
  });

  test("several at once run it once, and all have the outcome", async () => {
    await using made = await project();
    const slow = [
      "--output",
      "out.txt",
      "--",
      "sh",
      "-c",
      "echo x >> $HOME/runs; sleep 0.7; echo done; cp in.txt out.txt",
    ];
    const all = await Promise.all(Array.from({ length: 4 }, () => exec(made, slow)));
    for (const each of all) expect(each).toMatchObject({ code: 0, stdout: "done\n" });
    expect(runs(made)).toBe(1);
    expect(await made.read("out.txt")).toBe("hello\n");
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends the command with all that it started; what was there is back",
    async (signal) => {
      await using made = await project();
      await made.write("out.txt", "from before");
      const long = [
        "cache",
        "exec",
        "--output",
        "out.txt",
        "--",
        "sh",
        "-c",
        "echo $$; echo half > out.txt; sleep 60 & wait",
      ];
      const started = made.start({ env: { HOME: path.join(made.dir, "home") } }, ...long);
      await started.until(({ stdout }) => /\d+\n/.test(stdout));
      process.kill(started.pid, signal);
      const { code, stdout } = await started.finished;
      expect(code).toBe(130);
      // whoever adopted what was killed may take a moment to notice
      const isAlive = (): boolean => {
        try {
          return process.kill(-Number(stdout.trim()), 0);
        } catch {
          return false;
        }
      };
      await expect.poll(isAlive, { timeout: 10_000 }).toBe(false);
      expect(await made.read("out.txt")).toBe("from before");
      expect((await made.sluice("cache", "stats", "--json")).json().results).toBe(0);
    },
  );

  test("damage is met, and the command runs again", async () => {
    await using made = await project();
    await made.write("in.txt", "line after line\n".repeat(1000));
    await exec(made, work);
    const blobs = path.join(made.dir, ".sluice/v1/blobs");
    for (const entry of readdirSync(blobs, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) writeFileSync(path.join(entry.parentPath, entry.name), "damage");
    await made.remove("out.txt");
    expect(await exec(made, work)).toMatchObject({ code: 0, stdout: printed.stdout });
    expect(await made.read("out.txt")).toBe("LINE AFTER LINE\n".repeat(1000));
    expect(runs(made)).toBe(2);
  });

  test("--dry-run and --json say what would happen and why, what happened, and no more", async () => {
    await using made = await project();
    expect((await exec(made, ["--dry-run", ...work])).stdout).toBe("work.sh: would run: first run\n");
    expect(runs(made)).toBe(0);
    const ran = await exec(made, ["--json", ...work]);
    expect(ran.json()).toMatchObject({
      status: "made",
      exitCode: 0,
      recorded: true,
      outputs: ["out.txt"],
      label: "work.sh",
    });
    expect(ran.stderr.split("\n").toSorted()).toEqual(["", "again", "to stderr", "to stdout: "]);
    expect((await exec(made, ["--json", ...work])).json()).toMatchObject({ status: "hit", key: ran.json().key });
    expect((await exec(made, ["-n", ...work])).stdout).toMatch(/^work\.sh: hit, made just now, saves /);
    await made.write("in.txt", "longer than before\n");
    const why = (await exec(made, ["-n", "--json", ...work])).json();
    expect(why).toMatchObject({ status: "miss", reasons: [{ kind: "file", name: "in.txt" }] });
    const failed = await exec(made, ["--json", "--", "sh", "-c", "exit 3"]);
    expect(failed).toMatchObject({ code: 3 });
    expect(failed.json()).toMatchObject({ status: "failed", exitCode: 3, recorded: false });
  });

  test("options after the command are the command's, with -- or without", async () => {
    await using made = await project();
    for (const call of [
      ["echo", "--json", "-n", "--", "x"],
      ["--", "echo", "--json", "-n", "--", "x"],
    ])
      expect((await exec(made, call)).stdout).toBe("--json -n -- x\n");
    expect((await exec(made, ["--jsn", "true"])).stderr).toContain("did you mean --json?");
    expect((await exec(made, [])).stderr).toContain("needs COMMAND");
  });

  test.each([
    [".", "is not in the project"],
    ["../x", "is not in the project"],
    ["/tmp/x", "is not in the project"],
    [".sluice/x", "is the cache"],
  ])("an output %s is refused", async (output, why) => {
    await using made = await project();
    const refused = await exec(made, ["--output", output, "--", "true"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(why);
  });

  test("an output behind a link that leads out of the project is refused, and nothing is moved", async () => {
    await using made = await project();
    await using other = await rig.project({ "x.txt": "somebody else's" });
    symlinkSync(other.dir, path.join(made.dir, "way"));
    const refused = await exec(made, ["--output", "way/x.txt", "--", "true"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("a link leads out of it");
    expect(await other.read("x.txt")).toBe("somebody else's");
  });
});
