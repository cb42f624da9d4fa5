import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";
import { cli } from "../rig/tested.ts";

const pipeline = {
  "pipeline.ts": `import { command, env, file, map, stage } from "sluice";
export const sales = file("data/sales.csv");
export const tiny = stage({ token: env("API_TOKEN", { default: "none" }) }, () => 1);
export const large = stage({ sales }, async ({ sales }) => (await sales.text()).repeat(20_000));
export const placed = stage({ large }, ({ large }) => large + "!", { output: "out/placed.txt" });
export const items = map([1, 2, 3], {}, (item) => item * 2);
export const made = command({ sales }, ["sh", "-c", "mkdir -p $2/sub && cp $1 $2/sub/a && chmod +x $2/sub/a", "sh", "{sales}", "{folder}"], { outputs: { folder: "out/made/" } });
`,
  "data/sales.csv": "a,b\n1,2\n",
};

/** The same project elsewhere, with no cache. */
async function elsewhere(from: RigProject, archive: string): Promise<RigProject> {
  const other = await rig.project(pipeline);
  execFileSync("cp", [path.join(from.dir, archive), path.join(other.dir, "got.slua")]);
  return other;
}

describe("sluice cache export and import", () => {
  test("what one project made is a hit in another, at another path, with its outputs", async () => {
    await using project = await rig.project(pipeline);
    const run = await project.sluiceWith({ env: { API_TOKEN: "canary-secret-7731" } }, "run");
    expect(run.code, run.stderr).toBe(0);
    const written = await project.sluice("cache", "export", "all.slua");
    expect(written.stdout).toMatch(/^wrote 8 results with \d blobs, .* to all\.slua\n$/);
    expect(statSync(path.join(project.dir, "all.slua")).mode & 0o777).toBe(0o600);
    expect(await project.read("all.slua")).not.toContain("canary-secret");
    await using other = await elsewhere(project, "all.slua");
    const dry = (await other.sluice("cache", "import", "--dry-run", "--json", "got.slua")).json();
    expect(dry).toMatchObject({ dryRun: true, results: 8, added: 8, known: 0 });
    expect((await other.sluice("cache", "import", "got.slua")).stdout).toMatch(/^took 8 results of 8, /);
    const hits = await other.sluiceWith({ env: { API_TOKEN: "canary-secret-7731" } }, "run", "--json");
    const nodes = hits.json().nodes as Record<string, { status: string }>;
    expect(Object.values(nodes).map(({ status }) => status)).toEqual(Object.values(nodes).map(() => "hit"));
    expect(await other.read("out/placed.txt")).toBe(await project.read("out/placed.txt"));
    expect(statSync(path.join(other.dir, "out/made/sub/a")).mode & 0o111).not.toBe(0);
    expect((await other.sluice("cache", "import", "got.slua", "--json")).json()).toMatchObject({ added: 0, known: 8 });
    expect((await other.sluice("cache", "verify")).code).toBe(0);
  });

  test("only what is named, to stdout and from stdin", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    const shell = `${process.execPath} ${cli}`;
    const piped = await rig.startProcess(
      "sh",
      ["-c", `${shell} cache export - large | ${shell} cache import - --json --cache-dir other`],
      {
        cwd: project.dir,
      },
    ).finished;
    expect(piped.json(), piped.stderr).toMatchObject({ results: 1, added: 1 });
    expect(piped.stderr).toMatch(/^wrote 1 result with 1 blob, /);
    const missing = await project.sluice("cache", "export", "x.slua", "larg");
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain("did you mean large?");
    expect(project.exists("x.slua")).toBe(false);
    const dry = await project.sluice("cache", "export", "--dry-run", "x.slua");
    expect(dry.stdout).toMatch(/^would write 8 results/);
    expect(project.exists("x.slua")).toBe(false);
    expect((await project.sluice("cache", "export", "-", "--json")).stderr).toContain("cannot both go to stdout");
  });

  test("a reader that has seen enough ends an export", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    const { stdout } = await rig.startProcess("sh", ["-c", `${process.execPath} ${cli} cache export - | head -c 4`], {
      cwd: project.dir,
    }).finished;
    expect(stdout).toBe("SLUA");
  });

  test.each([
    ["cut off", (bytes: Buffer) => bytes.subarray(0, -40), "it ends too early"],
    [
      "with a flipped bit",
      (bytes: Buffer) => Buffer.from(bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 4)),
      "cannot be used",
    ],
    ["that is none", () => Buffer.from("{}\n".repeat(9)), "not an archive of Sluice"],
    ["of nothing", () => Buffer.alloc(0), "it ends too early"],
  ])("an archive %s is refused, and nothing of it is there", async (_, change, why) => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    await project.sluice("cache", "export", "all.slua");
    const { readFile } = await import("node:fs/promises");
    await using other = await rig.project(pipeline);
    await other.write("bad.slua", change(await readFile(path.join(project.dir, "all.slua"))));
    const refused = await other.sluice("cache", "import", "bad.slua");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(why);
    expect((await other.sluice("cache", "stats", "--json")).json()).toMatchObject({ results: 0, blobs: { count: 0 } });
  });

  test("mistakes are told", async () => {
    await using project = await rig.project(pipeline);
    expect((await project.sluice("cache", "import", "none.slua")).stderr).toContain("there is no file none.slua");
    expect((await project.sluice("cache", "import", ".")).stderr).toContain("is a folder");
    expect((await project.sluice("cache", "import", "pipeline.ts", "--max-unpacked", "much")).stderr).toContain(
      "takes a size",
    );
  });
});
