import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { Failure } from "../../src/core/failure.ts";
import type { Leases } from "../../src/metadata/lease.ts";
import { openSocketLeases } from "../../src/metadata/socket-leases.ts";
import { Child, killChildren } from "./child-process.ts";

const newFile = () => join(mkdtempSync(join(tmpdir(), "sluice-leases-")), "v1", "leases.db");
const opened: Leases[] = [];

function open(file: string, warnings: Failure[] = []): Leases {
  const leases = openSocketLeases({ file, onWarning: (warning) => warnings.push(warning) });
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

function owners(file: string): { readonly owner: string; readonly address: string }[] {
  const database = new DatabaseSync(file);
  const rows = database.prepare("SELECT DISTINCT owner, address FROM leases").all();
  database.close();
  return rows as unknown as { readonly owner: string; readonly address: string }[];
}

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

  test("a thousand keys are waited for over one connection", async () => {
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
  const [dead] = owners(file);
  expect(existsSync(dead!.address)).toBe(true);
  child.kill("SIGKILL");
  await child.ended;
  const lease = await open(file).tryAcquire(digestOf("k"));
  expect(existsSync(dead!.address)).toBe(false);
  expect(owners(file).map(({ owner }) => owner)).not.toContain(dead!.owner);
  await lease?.release();
  expect(owners(file)).toStrictEqual([]);
});

test("nothing is opened before the first call, and nothing left after close", async () => {
  const file = newFile();
  const leases = open(file);
  expect(existsSync(dirname(file))).toBe(false);
  await leases.tryAcquire(digestOf("k"));
  const [self] = owners(file);
  await leases.close();
  expect(existsSync(self!.address)).toBe(false);
  expect(owners(file)).toStrictEqual([]);
});

test("the folder of the sockets is private", async () => {
  const file = newFile();
  await open(file).tryAcquire(digestOf("k"));
  const { mode } = statSync(dirname(owners(file)[0]!.address));
  expect(mode & 0o077).toBe(0);
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
  const folder = mkdtempSync(join(tmpdir(), "sluice-victim-"));
  const [precious, socket] = [join(folder, "precious"), join(folder, "docker.sock")];
  writeFileSync(precious, "");
  let connections = 0;
  const server = createServer(() => connections++).listen(socket);
  const database = new DatabaseSync(file);
  const insert = database.prepare("INSERT INTO leases (key, owner, address) VALUES (?, ?, ?)");
  insert.run(digestOf("a"), "x", precious);
  insert.run(digestOf("b"), "0".repeat(24), socket);
  insert.run(digestOf("c"), "0".repeat(24), `relative/${"0".repeat(24)}.sock`);
  insert.run(digestOf("d"), new Uint8Array([1]), "");
  database.close();
  const leases = open(file);
  for (const name of ["a", "b", "c", "d"]) {
    await leases.waitFor(digestOf(name));
    expect(await leases.tryAcquire(digestOf(name))).toBeDefined();
  }
  expect(existsSync(precious)).toBe(true);
  expect(connections).toBe(0);
  await new Promise((resolve) => server.close(resolve));
});

test("an owner that no longer knows of a key that its row names gives it up when asked", async () => {
  const file = newFile();
  await open(file).tryAcquire(digestOf("k"));
  const database = new DatabaseSync(file);
  database.exec(`UPDATE leases SET key = '${digestOf("lost")}'`);
  database.close();
  const other = open(file);
  expect(await other.tryAcquire(digestOf("lost"))).toBeUndefined();
  await soon(other.waitFor(digestOf("lost")));
  expect(await other.tryAcquire(digestOf("lost"))).toBeDefined();
});

test("a peer that talks nonsense is cut off, and harms nobody", async () => {
  const file = newFile();
  const leases = open(file);
  const lease = await leases.tryAcquire(digestOf("k"));
  for (const nonsense of ["GET / HTTP/1.1\n\n", "x".repeat(1_000_000), "\0"]) {
    const socket = connect(owners(file)[0]!.address);
    socket.on("error", () => {});
    socket.end(nonsense);
    await soon(new Promise((resolve) => socket.on("close", resolve)));
  }
  const waiting = open(file).waitFor(digestOf("k"));
  await lease?.release();
  await soon(waiting);
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
