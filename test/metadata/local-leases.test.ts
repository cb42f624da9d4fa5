import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { Failure } from "../../src/core/failure.ts";
import type { Leases } from "../../src/metadata/lease.ts";
import { openLocalLeases } from "../../src/metadata/local-leases.ts";
import { leasesSchema } from "../../src/metadata/migrations/schema.ts";
import { Child, killChildren } from "./child-process.ts";

const newFile = () => join(mkdtempSync(join(tmpdir(), "sluice-leases-")), "v1", "leases.db");
const opened: Leases[] = [];

function open(file: string, warnings: Failure[] = []): Leases {
  const leases = openLocalLeases({ file, onWarning: (warning) => warnings.push(warning) });
  opened.push(leases);
  return leases;
}

afterEach(async () => {
  await killChildren();
  for (const leases of opened.splice(0)) await leases.close();
});

// Root may write everywhere, so it asks somebody else.
const uid = process.getuid?.() === 0 ? 65_534 : undefined;
const canStart = uid === undefined || spawnSync(process.execPath, ["-e", ""], { uid, gid: uid }).status === 0;

async function start(file: string, as?: number): Promise<Child> {
  const child = new Child("lease.ts", [file], as === undefined ? {} : { uid: as });
  expect(await child.line()).toBe("ready");
  return child;
}

async function ask(child: Child, command: string): Promise<string> {
  child.say(command);
  return child.line();
}

/** Fails when it takes absurdly long; the promise is that a successor starts within two seconds. */
function soon<T>(promise: Promise<T>): Promise<T> {
  return Promise.race([
    promise,
    sleep(10_000, undefined, { ref: false }).then(() => {
      throw new Error("nothing happened for ten seconds");
    }),
  ]);
}

/** Who holds any lease. */
function owners(file: string): readonly string[] {
  const database = new DatabaseSync(file);
  const rows = database.prepare("SELECT DISTINCT owner FROM leases").all();
  database.close();
  return rows.map(({ owner }) => String(owner));
}

const lockOf = (file: string, owner: string) => join(dirname(file), "owners", `${owner}.lock`);

describe("between processes", () => {
  test("eight that want one key have it one at a time", async () => {
    const file = newFile();
    const inside = join(mkdtempSync(join(tmpdir(), "sluice-inside-")), "inside");
    const children = Array.from({ length: 8 }, () => new Child("contend.ts", [file, inside, "12"]));
    expect(await Promise.all(children.map(({ ended }) => ended))).toStrictEqual(children.map(() => 0));
    expect(children.map(({ stderr }) => stderr).join("")).toBe("");
    expect(children.flatMap(({ lines }) => lines)).toStrictEqual(Array(96).fill("alone"));
  });

  test("those who wait are told of a release", async () => {
    const file = newFile();
    const [owner, a, b] = await Promise.all([start(file), start(file), start(file)]);
    expect(await ask(owner, "try k")).toBe("got k");
    expect(await ask(a, "try k")).toBe("taken k");
    a.say("get k");
    b.say("wait k");
    await sleep(100);
    expect([...a.lines, ...b.lines]).toStrictEqual([]);
    expect(await ask(owner, "release k")).toBe("released k");
    expect(await soon(a.line())).toBe("got k");
    expect(await soon(b.line())).toBe("free k");
  });

  test("a killed owner has a successor", async () => {
    const file = newFile();
    const [owner, a, b] = await Promise.all([start(file), start(file), start(file)]);
    for (const name of ["k", "l"]) expect(await ask(owner, `try ${name}`)).toBe(`got ${name}`);
    a.say("get k");
    await sleep(50);
    owner.kill("SIGKILL");
    expect(await soon(a.line())).toBe("got k");
    await owner.ended;
    // One for which nobody waited when its owner died.
    expect(await ask(b, "try l")).toBe("got l");
    expect(await ask(b, "try k")).toBe("taken k");
  });

  test("many that wait for a killed owner get one successor", async () => {
    const file = newFile();
    const [owner, ...others] = await Promise.all(Array.from({ length: 6 }, () => start(file)));
    expect(await ask(owner!, "try k")).toBe("got k");
    for (const other of others) other.say("get k");
    await sleep(50);
    owner!.kill("SIGKILL");
    const left = new Set(others);
    for (let count = 0; count < others.length; count++) {
      const winner = await soon(
        Promise.race([...left].map(async (other) => ((await waitForLine(other)) ? other : expect.unreachable()))),
      );
      expect([...left].filter(({ lines }) => lines.length > 0)).toStrictEqual([winner]);
      expect(await winner.line()).toBe("got k");
      left.delete(winner);
      expect(await ask(winner, "release k")).toBe("released k");
    }

    async function waitForLine(child: Child): Promise<boolean> {
      while (child.lines.length === 0) await sleep(5);
      return true;
    }
  });

  test("a stopped owner keeps its lease, and gives it up when it goes on", async () => {
    const file = newFile();
    const [owner, other] = await Promise.all([start(file), start(file)]);
    expect(await ask(owner, "try k")).toBe("got k");
    owner.kill("SIGSTOP");
    for (let count = 0; count < 20; count++) expect(await ask(other, "try k")).toBe("taken k");
    other.say("get k");
    await sleep(300);
    expect(other.lines).toStrictEqual([]);
    owner.kill("SIGCONT");
    expect(await ask(owner, "release k")).toBe("released k");
    expect(await soon(other.line())).toBe("got k");
  });

  test("so does an owner that is busy", async () => {
    const file = newFile();
    const [owner, other] = await Promise.all([start(file), start(file)]);
    expect(await ask(owner, "try k")).toBe("got k");
    owner.say("block 500");
    expect(await ask(other, "try k")).toBe("taken k");
    other.say("get k");
    owner.say("release k");
    expect(await soon(owner.line())).toBe("released k");
    expect(await soon(other.line())).toBe("got k");
  });

  test("a thousand keys are waited for", async () => {
    const file = newFile();
    const owner = await start(file);
    const names = Array.from({ length: 1_000 }, (_, index) => `k${index}`);
    for (const name of names) owner.say(`try ${name}`);
    for (const name of names) expect(await owner.line()).toBe(`got ${name}`);
    const leases = open(file);
    const waiting = names.map((name) => leases.waitFor(digestOf(name)));
    await sleep(50);
    for (const name of names.slice(0, 500)) owner.say(`release ${name}`);
    await soon(Promise.all(waiting.slice(0, 500)));
    owner.kill("SIGKILL");
    await soon(Promise.all(waiting));
  });

  test("holding a lease keeps no process alive, waiting does", async () => {
    const file = newFile();
    const [owner, other] = await Promise.all([start(file), start(file)]);
    expect(await ask(owner, "try k")).toBe("got k");
    other.say("wait k");
    await sleep(50);
    other.say("quiet");
    await sleep(200);
    expect(other.process.exitCode).toBeNull();
    // With its input closed, nothing but the lease is left of the owner.
    owner.say("quiet");
    expect(await soon(owner.ended)).toBe(0);
    expect(await soon(other.line())).toBe("free k");
    expect(await soon(other.ended)).toBe(0);
  });
});

test("what the dead leave is removed", async () => {
  const file = newFile();
  const child = await start(file);
  for (const name of ["k", "l", "m"]) expect(await ask(child, `try ${name}`)).toBe(`got ${name}`);
  const [dead] = owners(file) as [string];
  expect(existsSync(lockOf(file, dead))).toBe(true);
  child.kill("SIGKILL");
  await child.ended;
  const lease = await open(file).tryAcquire(digestOf("k"));
  expect(existsSync(lockOf(file, dead))).toBe(false);
  expect(owners(file)).not.toContain(dead);
  await lease?.release();
  expect(owners(file)).toStrictEqual([]);
});

test("locks that the dead left long ago are removed, those of the living and of the new are not", async () => {
  const file = newFile();
  const child = await start(file);
  expect(await ask(child, "try k")).toBe("got k");
  const [alive] = owners(file) as [string];
  const [old, fresh] = ["a".repeat(24), "b".repeat(24)];
  for (const owner of [old, fresh]) writeFileSync(lockOf(file, owner), "");
  const longAgo = new Date(Date.now() - 120_000);
  for (const owner of [alive, old]) utimesSync(lockOf(file, owner), longAgo, longAgo);
  expect(await open(file).tryAcquire(digestOf("k"))).toBeUndefined();
  expect([alive, old, fresh].map((owner) => existsSync(lockOf(file, owner)))).toStrictEqual([true, false, true]);
});

test("nothing is opened before the first call, and nothing left after close", async () => {
  const file = newFile();
  const leases = open(file);
  expect(existsSync(dirname(file))).toBe(false);
  await leases.tryAcquire(digestOf("k"));
  expect(readdirSync(join(dirname(file), "owners"))).toStrictEqual(owners(file).map((owner) => `${owner}.lock`));
  await leases.close();
  expect(readdirSync(join(dirname(file), "owners"))).toStrictEqual([]);
  expect(owners(file)).toStrictEqual([]);
});

test("the locks are private", async () => {
  const file = newFile();
  await open(file).tryAcquire(digestOf("k"));
  const lock = lockOf(file, owners(file)[0]!);
  for (const each of [lock, dirname(lock)]) expect(statSync(each).mode & 0o077).toBe(0);
});

test("a database of the time when owners listened on sockets is brought up to date", async () => {
  const file = newFile();
  mkdirSync(dirname(file));
  const database = new DatabaseSync(file);
  database.exec(leasesSchema.migrations[0]!);
  database.exec(`PRAGMA application_id=${leasesSchema.applicationId}; PRAGMA user_version=1`);
  database.prepare("INSERT INTO leases VALUES (?, ?, ?)").run(digestOf("k"), "0".repeat(24), "/tmp/x.sock");
  database.close();
  const warnings: Failure[] = [];
  expect(await open(file, warnings).tryAcquire(digestOf("k"))).toBeDefined();
  expect(warnings).toStrictEqual([]);
});

test("a damaged database is set aside", async () => {
  const file = newFile();
  mkdirSync(dirname(file));
  writeFileSync(file, "garbage ".repeat(2_000));
  const warnings: Failure[] = [];
  expect(await open(file, warnings).tryAcquire(digestOf("k"))).toBeDefined();
  expect(await open(file, warnings).tryAcquire(digestOf("k"))).toBeUndefined();
  expect(warnings.map(({ reason }) => reason)).toStrictEqual(["damaged-store"]);
  expect(readdirSync(dirname(file)).some((name) => name.startsWith("leases.db.damaged-"))).toBe(true);
});

test("one that is damaged in the midst of it is replaced", async () => {
  const file = newFile();
  const warnings: Failure[] = [];
  const leases = open(file, warnings);
  const before = await leases.tryAcquire(digestOf("k"));
  const database = new DatabaseSync(file);
  database.exec("DROP TABLE leases");
  database.close();
  expect(await leases.tryAcquire(digestOf("l"))).toBeDefined();
  expect(await open(file).tryAcquire(digestOf("l"))).toBeUndefined();
  await before?.release();
  expect(warnings.map(({ reason }) => reason)).toStrictEqual(["damaged-store"]);
});

test("rows that no owner can have written are taken over, and nothing that they name is touched", async () => {
  const file = newFile();
  await open(file).tryAcquire(digestOf("k"));
  const precious = join(dirname(file), "precious.lock");
  writeFileSync(precious, "");
  const database = new DatabaseSync(file);
  const insert = database.prepare("INSERT INTO leases (key, owner) VALUES (?, ?)");
  insert.run(digestOf("a"), "x");
  insert.run(digestOf("b"), "../precious");
  insert.run(digestOf("c"), "0".repeat(24));
  insert.run(digestOf("d"), new Uint8Array([1]));
  database.close();
  const leases = open(file);
  for (const name of ["a", "b", "c", "d"]) {
    await leases.waitFor(digestOf(name), AbortSignal.timeout(10_000));
    expect(await leases.tryAcquire(digestOf(name))).toBeDefined();
  }
  expect(existsSync(precious)).toBe(true);
});

test("what could not be given up is so later, and what was taken again meanwhile stays", async () => {
  const file = newFile();
  const leases = open(file);
  const [lost, again] = [await leases.tryAcquire(digestOf("lost")), await leases.tryAcquire(digestOf("again"))];
  const other = open(file);
  await (await other.tryAcquire(digestOf("other")))?.release();
  const database = new DatabaseSync(file);
  database.exec("CREATE TRIGGER refuse BEFORE DELETE ON leases BEGIN SELECT RAISE(ABORT, 'not now'); END");
  await expect(Promise.all([lost?.release(), again?.release()])).rejects.toThrow("not now");
  expect(await leases.tryAcquire(digestOf("again"))).toBeDefined();
  const waiting = other.waitFor(digestOf("lost"));
  database.exec("DROP TRIGGER refuse");
  database.close();
  await soon(waiting);
  expect(await other.tryAcquire(digestOf("lost"))).toBeDefined();
  expect(await other.tryAcquire(digestOf("again"))).toBeUndefined();
});

test.runIf(canStart)("where nothing can be written they hold in this process only", async () => {
  const file = newFile();
  mkdirSync(dirname(file));
  chmodSync(dirname(dirname(file)), 0o755);
  chmodSync(dirname(file), 0o555);
  const child = await start(file, uid);
  expect(await ask(child, "try k")).toBe("got k");
  expect(await ask(child, "try k")).toBe("taken k");
  child.say("wait k");
  expect(new Set([await ask(child, "release k"), await child.line()])).toStrictEqual(new Set(["released k", "free k"]));
  expect(await ask(child, "try k")).toBe("got k");
  expect(readdirSync(dirname(file))).toStrictEqual([]);
});
