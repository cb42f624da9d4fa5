import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { namesIn } from "../rig/invariants.ts";
import { rig } from "../rig/rig.ts";
import { cli } from "../rig/tested.ts";

/* What is in a cache is for its owner's eyes only, whatever the umask says. */

const pipeline = `import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { command, map, stage } from "sluice";
export const large = stage({}, () => "line\\n".repeat(5000), { output: "out/large.txt", format: "text" });
export const rows = stage({}, async function* () { for (let i = 0; i < 2000; i++) yield { i }; });
export const files = stage({}, (_, { outputs, tmp }) => {
  writeFileSync(outputs.a, "x".repeat(5000));
  writeFileSync(tmp + "/own.txt", "own");
}, { outputs: { a: "out/a.txt" } });
export const made = command({ large }, ["sh", "-c", "cat > \\"$1\\"; echo said", "sh", "{out}"], { outputs: { out: "out/made.txt" } });
export const logs = stage({}, (_, { log }) => { log.info("said"); return 1; });
export const items = map([1, 2, 3], {}, (n) => "x".repeat(5000 + n));
export const held = stage({ large, rows }, async ({ rows }, { log }) => {
  for await (const { i } of rows) if (i === 0) break;
  log.info("held");
  while (!existsSync("go")) await sleep(20);
  return 1;
});
`;

/** Everything in a folder that somebody else may look into or change. */
function open(folder: string): string[] {
  const found: string[] = [];
  const look = (at: string): void => {
    // What a run has under way may be gone by the time it is looked at.
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (!stat) return;
    const mode = stat.mode & 0o7777;
    const most = stat.isDirectory() ? 0o700 : 0o600;
    const name = path.relative(folder, at) || ".";
    // The cache's own note to git holds nothing. What a user's code writes into the folder of its attempt has the mode that it gives it;
    // nobody else gets into that folder.
    const isUsers = /^v1\/tmp\/[^/]+\/[^/]+\/\d+\//.test(name);
    if ((mode & ~most) !== 0 && path.basename(at) !== ".gitignore" && !isUsers)
      found.push(`${name} ${mode.toString(8)}`);
    if (stat.isDirectory()) for (const inner of namesIn(at)) look(path.join(at, inner));
  };
  look(folder);
  return found.sort();
}

describe.skipIf(process.platform === "win32")("with the umask", () => {
  test.each(["000", "022", "077"])(
    "%s, nothing is open to others while a run is under way, and after it",
    { timeout: 60_000 },
    async (umask) => {
      await using project = await rig.project({ "pipeline.ts": pipeline });
      const cache = path.join(project.dir, ".sluice");
      const sluice = (...args: string[]) =>
        rig.startProcess("/bin/sh", ["-c", `umask ${umask}; exec "$0" "$@"`, process.execPath, cli, ...args], {
          cwd: project.dir,
        });
      const run = sluice("run", "--verbose");
      await run.wrote("held");
      const names = readdirSync(path.join(cache, "v1"));
      expect(names).toEqual(
        expect.arrayContaining(["metadata.db", "metadata.db-wal", "metadata.db-shm", "leases.db", "tmp"]),
      );
      expect(open(cache)).toEqual([]);
      await project.write("go", "");
      const end = await run.finished;
      expect(end.code, end.stderr).toBe(0);
      expect(open(cache)).toEqual([]);

      // What is found damaged, set aside and mended.
      const [shard] = readdirSync(path.join(cache, "v1/blobs"));
      const [blob] = readdirSync(path.join(cache, "v1/blobs", shard!));
      await project.write(path.join(".sluice/v1/blobs", shard!, blob!), "damaged");
      await project.chmod(path.join(".sluice/v1/blobs", shard!, blob!), 0o600);
      expect((await sluice("cache", "verify", "--repair").finished).code).toBe(0);
      expect(readdirSync(path.join(cache, "v1/quarantine"))).toHaveLength(1);
      await project.write(".sluice/v1/leases.db", "garbage ".repeat(2000));
      await project.chmod(".sluice/v1/leases.db", 0o600);
      expect((await sluice("run").finished).code).toBe(0);
      await project.write(".sluice/v1/metadata.db", "garbage ".repeat(2000));
      await project.chmod(".sluice/v1/metadata.db", 0o600);
      expect((await sluice("run").finished).code).toBe(0);
      expect(open(cache)).toEqual([]);
      expect((await sluice("cache", "gc").finished).code).toBe(0);
      expect(open(cache)).toEqual([]);
    },
  );
});
