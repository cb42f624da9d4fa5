import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { rig } from "../rig/rig.ts";
import { cli } from "../rig/tested.ts";

const files = { "package.json": "{}\n", "in.txt": "in\n", "made/a": "a", "made/sub/b": "b", "one.bin": "one" };
const key = ["--input", "in.txt", "--key", "version=1", "--name", "thumbs"];

test("what put keeps, get finds: files with modes, folders, texts, metadata", async () => {
  await using project = await rig.project(files);
  await project.chmod("made/a", 0o755);
  const miss = await project.sluice("cache", "get", ...key, "--json");
  expect(miss).toMatchObject({ code: 1 });
  expect(miss.json()).toMatchObject({ status: "miss", label: "thumbs" });
  const pieces = [
    "--file",
    "bin=one.bin",
    "--dir",
    "all=made",
    "--bytes",
    "note=a=b",
    "--meta",
    "by=me",
    "--took",
    "90s",
  ];
  expect((await project.sluice("cache", "put", ...key, ...pieces, "--dry-run")).stdout).toMatch(/^would keep thumbs/);
  expect((await project.sluice("cache", "get", ...key)).code).toBe(1);
  expect((await project.sluice("cache", "put", ...key, ...pieces)).stdout).toMatch(
    /^kept thumbs under [\da-f]{12}, 8 B\n$/,
  );
  const found = (await project.sluice("cache", "get", ...key, "--json")).json();
  expect(found).toMatchObject({ status: "hit", durationMs: 90_000, size: 8, meta: { by: "me" } });
  expect(found.pieces.map(({ name, kind }: { name: string; kind: string }) => `${kind} ${name}`)).toEqual([
    "file bin",
    "dir all",
    "bytes note",
  ]);
  expect((await project.sluice("cache", "get", ...key, "--to", "out", "--dry-run")).stdout).toContain("would put");
  expect(project.exists("out")).toBe(false);
  expect((await project.sluice("cache", "get", ...key, "--to", "out")).code).toBe(0);
  expect([await project.read("out/bin"), await project.read("out/all/sub/b"), await project.read("out/note")]).toEqual([
    "one",
    "b",
    "a=b",
  ]);
  expect(statSync(path.join(project.dir, "out/all/a")).mode & 0o100).toBe(0o100);
  expect((await project.sluice("cache", "get", ...key, "--file", "note")).stdout).toBe("a=b");
  const unknown = await project.sluice("cache", "get", ...key, "--file", "notes");
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('did you mean "note"?');
});

test("another content, text, variable or label is another key; the same in code and at the shell", async () => {
  await using project = await rig.project(files);
  await project.sluice("cache", "put", ...key, "--bytes", "x=1");
  const others = [
    ["--input", "in.txt", "--key", "version=2", "--name", "thumbs"],
    ["--input", "in.txt", "--key", "version=1"],
    [...key, "--env", "HOME"],
    [...key, "--key", "more"],
  ];
  for (const other of others) expect((await project.sluice("cache", "get", ...other)).code, other.join(" ")).toBe(1);
  const { openCache } = await import("../../src/cache/index.ts");
  const cache = await openCache(path.join(project.dir, ".sluice"), { root: project.dir });
  using inCode = await cache.get(cache.key("thumbs").file("in.txt").string("version", "1").build());
  expect(Buffer.from(await inCode!.bytes("x")).toString()).toBe("1");
  await cache.close();
  await project.write("in.txt", "edited");
  expect((await project.sluice("cache", "get", ...key)).code).toBe(1);
});

test("bytes of any kind come out of a pipe as they were", async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 256));
  await using project = await rig.project({ ...files, "big.bin": bytes });
  await project.sluice("cache", "put", ...key, "--file", "big=big.bin");
  const { stdout } = spawnSync(process.execPath, [cli, "cache", "get", ...key, "--file", "big"], { cwd: project.dir });
  expect(stdout.equals(bytes)).toBe(true);
});

test("mistakes are told", async () => {
  await using project = await rig.project(files);
  const said = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await project.sluice("cache", ...args);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await said("put", ...key, "--file", "noname")).toContain("--file takes NAME=VALUE");
  expect(await said("put", ...key, "--file", "x=none.txt")).toContain("none.txt");
  expect(await said("put", ...key, "--bytes", "x=1", "--bytes", "x=2")).toContain("given twice");
  expect(await said("put", ...key, "--took", "long")).toContain("--took takes a time");
  expect(await said("put", "--bytes", "x=1")).toContain("made of nothing");
  expect(await said("get", "--input", "nothing.txt")).toContain("nothing.txt");
  expect(await said("get", ...key, "--file", "x", "--json")).toContain("cannot both go to stdout");
});
