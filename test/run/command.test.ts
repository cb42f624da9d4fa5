import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { command, dir, env, type FileHandle, file, glob, open, type Project, param, SluiceError, stage } from "sluice";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let root: string;
let project: Project;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "sluice-command-"));
  project = open({ root });
});
afterEach(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true, maxRetries: 3 });
});

/** Typed as ending with the name: a slash there says that it is a folder. */
function at<const Name extends string>(name: Name): `/${Name}` {
  return `${root}/${name}` as `/${Name}`;
}

/** Prints each of its arguments on a line of its own, in brackets. */
const show = ["sh", "-c", 'for each; do printf "[%s]\\n" "$each"; done', "sh"];

async function failureOf(node: Parameters<Project["run"]>[0]) {
  try {
    await project.run(node);
  } catch (error) {
    if (error instanceof SluiceError) return error.failure;
    throw error;
  }
  throw new Error("it did not fail");
}

export const exported = command({}, ["true"], { env: ["SLUICE_TEST_TOKEN"] });

describe("arguments", () => {
  test("are texts, numbers and truth values as they are", async () => {
    const inputs = { text: "a b", number: 1.5, yes: true, big: 10n ** 20n, topN: param(3) };
    const node = command(inputs, [...show, "{text}", "-n={number}", "{yes}{big}", "{topN}", "{{x}}"], {
      stdout: "text",
    });
    expect(await project.run(node)).toBe("[a b]\n[-n=1.5]\n[true100000000000000000000]\n[3]\n[{x}]\n");
  });

  test("are paths of files and folders of the project", async () => {
    writeFileSync(at("a.csv"), "1");
    writeFileSync(at("b.csv"), "2");
    const inputs = {
      a: file(at("a.csv")),
      all: glob(at("*.csv")),
      none: glob(at("*.txt"), { allowEmpty: true }),
      root: dir(root),
    };
    const node = command(inputs, [...show, "{a}", "{all}", "{none}", "--dir={root}"], { stdout: "text" });
    expect(await project.run(node)).toBe(`[${at("a.csv")}]\n[${at("a.csv")}]\n[${at("b.csv")}]\n[--dir=${root}]\n`);
  });

  test("are paths of JSON files for all else, and of bytes", async () => {
    const rows = stage({}, () => [{ film: "Ölümsüz", year: 1990 }]);
    const inputs = { rows, none: null, empty: stage({}, () => []), bytes: new Uint8Array([0, 255]) };
    const script = 'cat "$1" "$2" "$3"; od -An -tu1 "$4"';
    const node = command(inputs, ["sh", "-c", script, "sh", "{rows}", "{none}", "{empty}", "{bytes}"], {
      stdout: "text",
    });
    const text = await project.run(node);
    expect(text.replaceAll(/\s+/g, "")).toBe('[{"film":"Ölümsüz","year":1990}]null[]0255');
  });

  test("are files of rows that come one by one, in the format that they are stored in", async () => {
    const rows = (count: number) =>
      async function* () {
        for (let n = 0; n < count; n++) yield { n, text: `ü"${n}` };
      };
    const inputs = {
      json: stage({}, rows(20_000)),
      none: stage({}, rows(0)),
      csv: stage({}, rows(2), { format: "csv" }),
      text: stage(
        {},
        async function* () {
          yield "a";
          yield "b";
        },
        { format: "text" },
      ),
    };
    const read = command(inputs, ["cat", "{json}"], { stdout: "json" });
    expect(await project.run(read)).toEqual(Array.from({ length: 20_000 }, (_, n) => ({ n, text: `ü"${n}` })));
    const rest = command(inputs, ["cat", "{none}", "{csv}", "{text}"], { stdout: "text" });
    expect((await project.run(rest)).replaceAll(/\r?\n/g, "|")).toMatch(/^\[\]\|n,text\|0,.*\|1,.*\|ab$/);
  });

  test("are outputs of stages and commands, each by its name, or the only one", async () => {
    const two = command({}, ["sh", "-c", 'printf 1 > "$1"; printf 2 > "$2"', "sh", "{one}", "{two}"], {
      outputs: { one: at("out/one.txt"), two: at("out/two.txt") },
    });
    const only = stage({}, async (_, { outputs }) => writeFileSync(outputs.it, "3"), {
      outputs: { it: at("out/it.txt") },
    });
    const node = command({ two, only }, "cat {two.two} {two.one} {only} {only.it}", { shell: true, stdout: "text" });
    expect(await project.run(node)).toBe("2133");
    const many = command({ two }, ["cat", "{two}"]);
    expect(await failureOf(many)).toMatchObject({
      reason: "unsupported-value",
      message: expect.stringMatching(/^\{two\} of ".*" is 2 files$/),
      hint: "name one of them: {two.one}, {two.two}",
    });
  });

  test.for<[what: string, value: unknown, message: RegExp]>([
    ["a zero byte", "a\0b", /holds a zero byte/],
    ["a Map", new Map(), /cannot be written as JSON/],
    ["a number that JSON has not", [Number.NaN], /cannot be written as JSON/],
  ])("cannot be %s", async ([, value, message]) => {
    const node = command({ value }, ["echo", "{value}"]);
    expect(await failureOf(node)).toMatchObject({
      reason: "unsupported-value",
      message: expect.stringMatching(message),
    });
  });

  test("that are several files have a place of their own", async () => {
    writeFileSync(at("a.csv"), "1");
    writeFileSync(at("b.csv"), "2");
    const all = glob(at("*.csv"));
    expect(await failureOf(command({ all }, ["cat", "--in={all}"]))).toMatchObject({ reason: "unsupported-value" });
    expect(await failureOf(command({ all }, 'cat "{all}"', { shell: true }))).toMatchObject({
      reason: "unsupported-value",
    });
    expect(await project.run(command({ all }, "cat {all}", { shell: true, stdout: "text" }))).toBe("12");
  });

  test("arrive as they are, whatever is in them", { timeout: 60_000 }, async () => {
    const hostile = fc.sample(
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.constantFrom(
          "$(touch pwned)",
          "`id`",
          "; id",
          "a b",
          "'",
          '"',
          "\n",
          "-rf",
          "--x=y",
          "",
          "{raw}",
          "%s",
          "é😀",
          "*",
        ),
      ),
      80,
    );
    const values = hostile.map((text) => text.replaceAll("\0", "").toWellFormed());
    const plain = values.map((value, i) =>
      command({ value }, ["printf", "%s", "{value}"], { stdout: "text", name: `plain${i}` }),
    );
    const shell = values.map((value, i) =>
      command({ value }, `printf %s {value}"<{value}>"`, { shell: true, stdout: "text", name: `shell${i}` }),
    );
    const around = values.map((value, i) =>
      command({ value }, ["sh", "-c", 'printf %s "$VALUE"'], {
        env: { VALUE: "<{value}>" },
        stdout: "text",
        name: `env${i}`,
      }),
    );
    expect(await project.run(plain)).toEqual(values);
    expect(await project.run(shell)).toEqual(values.map((value) => `${value}<${value}>`));
    expect(await project.run(around)).toEqual(values.map((value) => `<${value}>`));
  });
});

describe("what a program prints", () => {
  test("is a text, or JSON, or nothing", async () => {
    const text: string = await project.run(command({}, ["printf", " é\\n\\n"], { stdout: "text" }));
    expect(text).toBe(" é\n\n");
    expect(await project.run(command({}, ["echo", "[1, null]"], { stdout: "json" }))).toEqual([1, null]);
    expect(await project.run(command({}, ["echo", "x"]))).toBeUndefined();
    expect(await project.run(command({}, ["echo", "x"], { stdout: "ignore" }))).toBeUndefined();
  });

  test("goes to a file of any size", async () => {
    const node = command({}, ["head", "-c", "300000000", "/dev/zero"], {
      outputs: { zeros: at("zeros") },
      stdout: "{zeros}",
    });
    const { zeros } = await project.run(node);
    expect(zeros.size).toBe(300_000_000);
  });

  test("can come from the standard input, which is a file, a text, or a document", async () => {
    writeFileSync(at("a.csv"), "b\na\n");
    const sorted = command({ a: file(at("a.csv")) }, ["sort"], {
      stdin: "{a}",
      outputs: { all: at("all") },
      stdout: "{all}",
    });
    const cat = { stdin: "{it}", stdout: "text" } as const;
    expect(await project.run(command({ it: sorted }, ["cat"], cat))).toBe("a\nb\n");
    expect(await project.run(command({ it: "a {text}\n" }, ["cat"], cat))).toBe("a {text}\n");
    expect(await project.run(command({ it: 1.5 }, ["cat"], cat))).toBe("1.5");
    expect(await project.run(command({ it: new Uint8Array([104, 105]) }, ["cat"], cat))).toBe("hi");
    const rows = stage({}, () => [{ id: 1 }, { id: 2 }]);
    expect(JSON.parse(await project.run(command({ it: rows }, ["cat"], cat)))).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await project.run(command({ it: sorted }, "tr a-z A-Z", { ...cat, shell: true }))).toBe("A\nB\n");
    expect(await project.run(command({ it: sorted }, ["cat"], { ...cat, stdin: "{it.all}" }))).toBe("a\nb\n");
    expect(await project.run(command({}, ["cat"], { stdout: "text" }))).toBe("");
  });

  test("of which there is one: not several files, not a folder", async () => {
    for (const name of ["a.csv", "b.csv"]) writeFileSync(at(name), name);
    const many = command({ it: glob(at("*.csv")) }, ["cat"], { stdin: "{it}" });
    expect(await failureOf(many)).toMatchObject({
      message: expect.stringContaining("2 files"),
      hint: expect.stringContaining("cat"),
    });
    const one = command({ it: glob(at("a.*")) }, ["cat"], { stdin: "{it}", stdout: "text" });
    expect(await project.run(one)).toBe("a.csv");
    const folder = command({ it: dir(root) }, ["cat"], { stdin: "{it}" });
    expect(await failureOf(folder)).toMatchObject({ message: expect.stringContaining("is a folder") });
  });

  test("runs again when what it reads has changed, or when it reads something else", async () => {
    writeFileSync(at("a.csv"), "1");
    writeFileSync(at("b.csv"), "2");
    const inputs = { a: file(at("a.csv")), b: file(at("b.csv")) };
    const read = (stdin: "{a}" | "{b}") => command(inputs, ["cat"], { stdin, stdout: "text" });
    expect(await project.run(read("{a}"))).toBe("1");
    expect(await project.run(read("{b}"))).toBe("2");
    writeFileSync(at("a.csv"), "3");
    expect(await project.run(read("{a}"))).toBe("3");
  });

  test("is too much for a value at 64 MiB", async () => {
    const node = command({}, ["head", "-c", "70000000", "/dev/zero"], { stdout: "text" });
    expect(await failureOf(node)).toMatchObject({
      reason: "unsupported-value",
      message: expect.stringContaining("64 MiB"),
    });
  });

  test("must be JSON, or UTF-8, where that is the value", async () => {
    expect(await failureOf(command({}, ["echo", "{{"], { stdout: "json" }))).toMatchObject({
      message: expect.stringContaining("not JSON"),
    });
    expect(await failureOf(command({}, ["true"], { stdout: "json" }))).toMatchObject({
      message: expect.stringContaining("printed nothing"),
    });
    expect(await failureOf(command({}, ["printf", "\\377"], { stdout: "text" }))).toMatchObject({
      message: expect.stringContaining("not UTF-8"),
    });
  });

  test("is the log, line by line, both streams, and a progress bar once", async () => {
    const lines: string[] = [];
    const script = 'printf "a\\nb"; printf "c\\n10%%\\r20%%\\rdone\\r\\n" >&2; printf "\\nlast"';
    await project.run(command({}, ["sh", "-c", script]), {
      onEvent: (event) => event.type === "node-log" && lines.push(event.text),
    });
    expect(lines.sort()).toEqual(["a", "b", "c", "done", "last"]);
  });

  test("may be more than is kept", { timeout: 60_000 }, async () => {
    let [count, last] = [0, ""];
    await project.run(command({}, ["seq", "1", "3000000"]), {
      onEvent: (event) => {
        if (event.type !== "node-log") return;
        count += 1;
        last = event.text;
      },
    });
    expect(last).toBe("3000000");
    expect(count).toBeLessThan(2_000_000);
  });
});

describe("outputs", () => {
  test("are files, placed, executable or not", async () => {
    const script = 'echo "echo hi" > "$1"; chmod +x "$1"; echo data > "$2"';
    const node = command({}, ["sh", "-c", script, "sh", "{tool}", "{data}"], {
      outputs: { tool: at("bin/tool.sh"), data: at("data.txt") },
    });
    const { tool, data } = await project.run(node);
    expect([tool.executable, data.executable, await data.text()]).toEqual([true, false, "data\n"]);
    expect(readFileSync(at("data.txt"), "utf8")).toBe("data\n");
    const used = command({ node }, ["sh", "-c", '"$1"', "sh", "{node.tool}"], { stdout: "text" });
    expect(await project.run(used)).toBe("hi\n");
  });

  test("are whole folders, which are gone through like those of the project", async () => {
    const script = 'mkdir -p "$1/sub/deep"; echo 1 > "$1/a.txt"; echo 2 > "$1/sub/b.txt"; chmod +x "$1/sub/b.txt"';
    const pages = command({}, ["sh", "-c", script, "sh", "{pages}"], { outputs: { pages: at("out/pages/") } });
    const names = stage({ pages }, async ({ pages: { pages } }) => ({
      names: pages.files.map((each: FileHandle) => [each.name, each.executable]),
      text: await pages.file("sub/b.txt").text(),
      digest: pages.digest,
    }));
    const listed = command({ pages }, "cd {pages} && find . -type f | sort && cat sub/b.txt", {
      shell: true,
      stdout: "text",
    });
    const found = await project.run({ names, listed });
    expect(found.names).toMatchObject({
      names: [
        ["a.txt", false],
        ["sub/b.txt", true],
      ],
      text: "2\n",
    });
    expect(found.listed).toBe("./a.txt\n./sub/b.txt\n2\n");
    expect(readFileSync(at("out/pages/sub/b.txt"), "utf8")).toBe("2\n");
    rmSync(at("out"), { recursive: true });
    const again = await project.tryRun({ names, listed });
    expect([...again.nodes.values()].map(({ status }) => status)).toEqual(["hit", "hit", "hit"]);
    expect(again.values).toEqual(found);
    expect(readFileSync(at("out/pages/sub/b.txt"), "utf8")).toBe("2\n");
  });

  test("must be written", async () => {
    const wanted = { reason: "missing-output" };
    expect(await failureOf(command({}, ["true", "{x}"], { outputs: { x: at("x") } }))).toMatchObject(wanted);
    expect(await failureOf(command({}, ["true", "{x}"], { outputs: { x: at("x/") } }))).toMatchObject(wanted);
    expect(await failureOf(command({}, ["rmdir", "{x}"], { outputs: { x: at("x/") } }))).toMatchObject(wanted);
  });

  test.for<[script: string, place: string, message: RegExp]>([
    ["mkdir {x}", "x", / wrote a folder as its output "x", not a file$/],
    ["ln -s /etc/hosts {x}", "x", / wrote a link as its output "x", not a file$/],
    ["mkfifo {x}", "x", / wrote a pipe, socket or device as its output "x", not a file$/],
    ["rmdir {x}; echo 1 > {x}", "x/", / wrote a file as its output "x", not a folder$/],
    ["rmdir {x}; ln -s /etc {x}", "x/", / wrote a link as its output "x", not a folder$/],
  ])("must be what it was declared to be: %s", async ([script, place, message]) => {
    const failure = await failureOf(command({}, script, { shell: true, outputs: { x: at(place) } }));
    expect(failure).toMatchObject({ reason: "missing-output", message: expect.stringMatching(message) });
  });

  test("say what is in the way of the place where they are to be", async () => {
    mkdirSync(at("folder"));
    writeFileSync(at("file"), "");
    expect(await failureOf(command({}, "echo > {x}", { shell: true, outputs: { x: at("folder") } }))).toMatchObject({
      reason: "io",
      hint: expect.stringContaining("a folder is where a file is to be"),
    });
    expect(await failureOf(command({}, "echo > {x}", { shell: true, outputs: { x: at("file/x") } }))).toMatchObject({
      reason: "io",
      hint: expect.stringContaining("a file is where a folder is to be"),
    });
  });

  test("cannot hold links", async () => {
    const node = command({}, ["ln", "-s", "/etc/hosts", "{x}/hosts"], { outputs: { x: at("x/") } });
    expect(await failureOf(node)).toMatchObject({
      reason: "unsupported-value",
      message: expect.stringContaining("a link"),
    });
  });

  test("of one input of a program are its own copy, and read-only", async () => {
    const made = command({}, ["sh", "-c", 'echo 1 > "$1"', "sh", "{x}"], { outputs: { x: at("x") } });
    const many = command({}, ["sh", "-c", 'echo 1 > "$1/a"; chmod +x "$1/a"', "sh", "{x}"], {
      outputs: { x: at("many/") },
    });
    const script = 'for each; do ls -l "$each"; done | cut -c1-10';
    const node = command({ made, many }, ["sh", "-c", script, "sh", "{made}", "{many}/a"], { stdout: "text" });
    expect(await project.run(node)).toBe("-r--------\n-r-x------\n");
  });
});

describe("where a program runs", () => {
  test("is the module's folder, or the one that is named, or one of its own", async () => {
    const here = command({}, ["pwd", "-P"], { stdout: "text" });
    expect((await project.run(here)).trim()).toBe(import.meta.dirname);
    const there = command({}, ["pwd", "-P"], { stdout: "text", cwd: ".." });
    expect((await project.run(there)).trim()).toBe(path.dirname(import.meta.dirname));
    const own = command({}, "ls; echo x > left; ls", { shell: true, stdout: "text", cwd: "{tmp}" });
    expect(await project.run(own)).toBe("left\n");
    const gone = command({}, ["pwd"], { cwd: "no-such-folder" });
    expect(await failureOf(gone)).toMatchObject({ message: expect.stringContaining("there is no folder") });
  });

  test("has little of the environment, and the same language and time zone everywhere", async () => {
    process.env.SLUICE_TEST_OTHER = "other";
    const node = command({}, ["env"], { stdout: "text", env: { MODE: "fast" } });
    const found = Object.fromEntries(
      (await project.run(node))
        .trim()
        .split("\n")
        .map((line) => line.split("=", 2)),
    );
    delete process.env.SLUICE_TEST_OTHER;
    expect(Object.keys(found).sort()).toEqual(["HOME", "LANG", "MODE", "PATH", "TMPDIR", "TZ"]);
    expect(found).toMatchObject({ LANG: "C.UTF-8", TZ: "UTC", MODE: "fast", PATH: process.env.PATH });
  });
});

describe("variables of the environment", () => {
  const name = "SLUICE_TEST_TOKEN";
  afterEach(() => {
    delete process.env[name];
  });
  const printed = () =>
    command({}, ["sh", "-c", `echo "<$${name}>"`], { stdout: "text", env: [name], name: "printed" });

  test("that are listed are passed and count", async () => {
    expect(await project.run(printed())).toBe("<>\n");
    process.env[name] = "first value";
    expect(await project.run(printed())).toBe("<first value>\n");
    process.env[name] = "second value";
    const { nodes } = await project.tryRun(printed());
    expect(nodes.get("printed")!.reasons).toEqual([{ kind: "env", name: `printed.$${name}` }]);
    process.env[name] = "first value";
    expect((await project.tryRun(printed())).nodes.get("printed")!.status).toBe("hit");
  });

  test("do not take the name of what reads them", async () => {
    const { nodes } = await project.tryRun(exported);
    expect([...nodes.keys()]).toEqual(["exported.$SLUICE_TEST_TOKEN", "exported"]);
  });

  test("are secrets: neither the store nor the log has them", async () => {
    process.env[name] = "hunter2-hunter2";
    const texts: string[] = [];
    const loud = command({}, ["sh", "-c", `echo "token is $${name}"; echo "$${name}" >&2; exit 1`], {
      env: { [name]: true },
    });
    const failed = await project.tryRun(loud, { onEvent: (event) => texts.push(JSON.stringify(event)) });
    expect(failed.status).toBe("failed");
    expect(texts.join("\n")).toContain("token is ***");
    expect(texts.join("\n")).not.toContain("hunter2");
    const quiet = command({}, ["sh", "-c", `test -n "$${name}" && echo fine`], { env: [name], stdout: "text" });
    expect(await project.run(quiet)).toBe("fine\n");
    await project.close();
    const { globSync } = await import("node:fs");
    for (const each of globSync("**/*", {
      cwd: root,
      dot: true,
      withFileTypes: true,
    } as never) as unknown as import("node:fs").Dirent[]) {
      if (each.isFile()) expect(readFileSync(path.join(each.parentPath, each.name), "latin1")).not.toContain("hunter2");
    }
  });

  test("may be inputs as well", async () => {
    process.env[name] = "x";
    const node = command({ token: env(name) }, ["sh", "-c", 'echo "$T"'], { env: { T: "{token}!" }, stdout: "text" });
    expect(await project.run(node)).toBe("x!\n");
  });
});

describe("a program that fails", () => {
  test("is told with its exit code and its last words", async () => {
    const failed = await failureOf(
      command({}, ["sh", "-c", "seq 1 30; echo no such column >&2; exit 3"], { name: "clean" }),
    );
    expect(failed.reason).toBe("stage-failed");
    expect(failed.message).toMatch(/^clean failed: sh ended with exit code 3:\n/);
    expect(failed.message.split("\n")).toHaveLength(16);
    expect(failed.message).toContain("no such column");
    expect(failed.hint).toBe("all of it: sluice logs clean");
    expect(failed.where?.file).toBe(import.meta.filename);
  });

  test("says what it printed as its value, if that is all there is", async () => {
    const failed = await failureOf(command({}, ["sh", "-c", "echo oh no; exit 1"], { stdout: "text" }));
    expect(failed.message).toContain("exit code 1:\noh no");
  });

  test("is told with the signal that ended it", async () => {
    const failed = await failureOf(command({}, ["sh", "-c", "kill -KILL $$"]));
    expect(failed).toMatchObject({
      message: expect.stringContaining("SIGKILL"),
      hint: expect.stringContaining("memory"),
    });
  });

  test.for<[argv: string[], message: RegExp, hint: RegExp]>([
    [["no-such-program"], /no program "no-such-program" on the PATH/, /install/],
    [["./no-such-program"], /no program "\.\/no-such-program" in/, /cwd/],
    [["command.test.ts"], /on the PATH/, /write "\.\/command\.test\.ts"/],
    [["./command.test.ts"], /may not be executed/, /chmod \+x/],
    [["../run"], /is a folder/, /program in it/],
  ])("to start: %j", async ([argv, message, hint]) => {
    const failed = await failureOf(command({}, argv));
    expect(failed).toMatchObject({
      reason: "stage-failed",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  test("is tried again", async () => {
    const script = 'test -e "$1" && exit 0; touch "$1"; exit 1';
    const node = command({ mark: at("mark") }, ["sh", "-c", script, "sh", "{mark}"], {
      retries: { times: 1, delay: 1 },
    });
    expect((await project.tryRun(node)).status).toBe("ok");
  });

  test("or that takes too long, or is cancelled, leaves nothing running", async () => {
    const script = 'sleep 600 & echo $! > "$1"; wait';
    const late = command({ pid: at("late") }, ["sh", "-c", script, "sh", "{pid}"], { timeout: 300 });
    expect(await failureOf(late)).toMatchObject({ reason: "timed-out" });
    const controller = new AbortController();
    const ready = command({ pid: at("stopped") }, [
      "sh",
      "-c",
      `${script.replace("wait", "echo ready; wait")}`,
      "sh",
      "{pid}",
    ]);
    const { status } = await project.tryRun(ready, {
      signal: controller.signal,
      onEvent: (event) => event.type === "node-log" && event.text === "ready" && controller.abort(),
    });
    expect(status).toBe("cancelled");
    for (const name of ["late", "stopped"]) expect(isWorking(Number(readFileSync(at(name), "utf8")))).toBe(false);
  });
});

function isWorking(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("a check", () => {
  test("looks at what a command gave, and is part of its code", async () => {
    const node = command({}, ["echo", "5"], { stdout: "json", check: (value) => value === 4 || "not four" });
    expect(await failureOf(node)).toMatchObject({
      reason: "check-failed",
      message: expect.stringContaining("not four"),
    });
  });
});
