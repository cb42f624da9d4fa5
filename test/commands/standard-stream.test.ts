import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";

const program = (body: string): string[] => [
  "--input-type=module",
  "-e",
  `import { standardStream } from ${JSON.stringify(path.resolve("src/commands/standard-stream.ts"))};
   const out = standardStream(1);
   ${body}`,
];

async function run(
  body: string,
  stdout: number | "pipe",
): Promise<{ code: number | null; stderr: string; stdout: string }> {
  const child = spawn(process.execPath, program(body), { stdio: ["ignore", stdout, "pipe"] });
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk) => (out += chunk));
  child.stderr!.on("data", (chunk) => (err += chunk));
  const [code] = await once(child, "close");
  return { code, stdout: out, stderr: err };
}

test("a file and a pipe get everything, in order, and Node's own stream stays unopened", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sluice-stream-"));
  try {
    const body = `for (let i = 0; i < 20000; i++) out.write("line " + i + "\\n");
      if (await out.drained()) throw new Error("failed");
      const { get } = Object.getOwnPropertyDescriptor(process, "stdout");
      out.divert(() => {});
      if (Object.getOwnPropertyDescriptor(process, "stdout").get === get) throw new Error("not diverted");`;
    const text = Array.from({ length: 20000 }, (_, i) => `line ${i}\n`).join("");
    const file = openSync(path.join(folder, "out.txt"), "w");
    expect(await run(body, file)).toMatchObject({ code: 0, stderr: "" });
    closeSync(file);
    expect(readFileSync(path.join(folder, "out.txt"), "utf8")).toBe(text);
    expect(await run(body, "pipe")).toEqual({ code: 0, stderr: "", stdout: text });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what others write after a divert goes to the taker, whoever opened the stream", async () => {
  const body = `const taken = [];
    out.divert((text) => taken.push(text));
    console.log("one");
    process.stdout.write(new Uint8Array([0xc3]));
    await new Promise((resolve) => process.stdout.write(new Uint8Array([0xa9]), resolve));
    out.write(JSON.stringify(taken.join("")));`;
  expect(await run(body, "pipe")).toEqual({ code: 0, stderr: "", stdout: JSON.stringify("one\né") });
});

test("a pipe that was set not to wait loses nothing when its reader is slow", async () => {
  const body = `const text = "x".repeat(1 << 20);
    out.write(text); out.write("end");
    process.stderr.write("done");`;
  // a pipe whose writing end does not block, as another program may leave it
  const python = `import os, subprocess, sys, time
r, w = os.pipe(); os.set_blocking(w, False)
child = subprocess.Popen(sys.argv[1:], stdout=w, stderr=subprocess.DEVNULL); os.close(w)
time.sleep(1); size = 0; last = b""
while True:
  piece = os.read(r, 65536)
  if not piece: break
  size += len(piece); last = piece
print(size, last[-3:].decode(), child.wait())`;
  const child = spawn("python3", ["-c", python, process.execPath, ...program(body)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  await once(child, "close");
  expect(out.trim()).toBe(`${(1 << 20) + 3} end 0`);
});

test("a reader that leaves early is told of by the next write, and nothing is thrown", async () => {
  const body = `out.write("first\\n");
    await new Promise((resolve) => process.stdin.once("data", resolve));
    for (let i = 0; i < 3; i++) out.write("second\\n");
    process.stderr.write(String((await out.drained())?.code));
    process.exit(0);`;
  const child = spawn(process.execPath, program(body), { stdio: ["pipe", "pipe", "pipe"] });
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  await once(child.stdout, "data");
  child.stdout.destroy();
  await once(child.stdout, "close");
  child.stdin.end("go");
  await once(child, "close");
  expect(err).toBe("EPIPE");
});
