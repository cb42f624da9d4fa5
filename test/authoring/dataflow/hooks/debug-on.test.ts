import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { debugOn } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failing } from "../rig.ts";
import { HookProject } from "./support.ts";

let project: HookProject;
beforeEach(() => {
  project = new HookProject();
});
afterEach(() => project.end());

const flow = `
  export const words = (text: string) => text.split(" ");
  export const count = (words: string[]) => words.length;
`;
const program = `
  import { debugOn, Driver } from "sluice/dataflow";
  import * as flow from "./flow.ts";
  const driver = Driver.builder().withModules(flow).withHooks(debugOn(["count"], { after: true, port: 0 })).build();
  console.log((await driver.execute(["count"], { inputs: { text: "to be or" } })).count);
`;

interface Paused {
  readonly functionName: string;
  readonly locals: Readonly<Record<string, string>>;
}

/** Speaks to the inspector of a process, and tells of each stop what is there. */
class Client {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: never) => void>();
  readonly #paused: ((params: never) => void)[] = [];
  #id = 0;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data));
      if (message.id) this.#waiting.get(message.id)?.(message.result as never);
      else if (message.method === "Debugger.paused") this.#paused.shift()?.(message.params as never);
    });
  }

  async open(): Promise<void> {
    await once(this.#socket, "open");
  }

  send<T>(method: string, params: object = {}): Promise<T> {
    this.#id += 1;
    const id = this.#id;
    const answered = new Promise<T>((resolve) => this.#waiting.set(id, resolve as (result: never) => void));
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answered;
  }

  async paused(): Promise<Paused> {
    type Frame = { functionName: string; callFrameId: string };
    const { callFrames } = await new Promise<{ callFrames: Frame[] }>((resolve) => this.#paused.push(resolve));
    const [frame] = callFrames as [Frame];
    const locals: Record<string, string> = {};
    for (const name of frame.functionName === "stopBefore" ? ["node.name", "inputs"] : ["status", "value"]) {
      const expression = `JSON.stringify(${name})`;
      const options = { callFrameId: frame.callFrameId, expression };
      const { result } = await this.send<{ result: { value: string } }>("Debugger.evaluateOnCallFrame", options);
      locals[name] = result.value;
    }
    return { functionName: frame.functionName, locals };
  }

  close(): void {
    this.#socket.close();
  }
}

describe("debugOn()", () => {
  test("waits for a debugger and stops in it, before and after a node", { timeout: 60_000 }, async () => {
    project.write("flow.ts", flow);
    project.write("run.ts", program);
    const child = spawn(process.execPath, [path.join(project.dir, "run.ts")], { cwd: project.dir });
    try {
      let [out, err] = ["", ""];
      child.stdout.on("data", (text) => (out += text));
      const url = await new Promise<string>((resolve, reject) => {
        child.once("close", () => reject(new Error(err)));
        child.stderr.on("data", (text) => {
          err += text;
          const found = /ws:\/\/127\.0\.0\.1\S+/.exec(err)?.[0];
          if (found) resolve(found);
        });
      });
      expect(out).toBe("");
      const client = new Client(url);
      await client.open();
      await client.send("Debugger.enable");
      const first = client.paused();
      await client.send("Runtime.runIfWaitingForDebugger");
      expect(await first).toEqual({
        functionName: "stopBefore",
        locals: { "node.name": '"count"', inputs: '{"words":["to","be","or"]}' },
      });
      const second = client.paused();
      await client.send("Debugger.resume");
      expect(await second).toEqual({ functionName: "stopAfter", locals: { status: '"executed"', value: "3" } });
      const closed = once(child, "close");
      await client.send("Debugger.resume");
      client.close();
      expect(await closed).toEqual([0, null]);
      expect(out).toBe("3\n");
    } finally {
      child.kill("SIGKILL");
    }
  });

  test("refuses what it cannot stop at", async () => {
    expect(await failing(() => debugOn([]))).toMatchObject({ reason: "usage" });
    expect(await failing(() => debugOn("count" as never))).toMatchObject({ reason: "usage" });
    expect(await failing(() => debugOn(["count"], { before: false }))).toMatchObject({ reason: "usage" });
    expect(await failing(() => debugOn(["count"], { port: 70_000 }))).toMatchObject({ reason: "usage" });
    expect(await failing(() => project.driver(flow, [debugOn(["cuont"])]))).toMatchObject({
      message: 'there is no node "cuont" to stop at, as debugOn() says',
      hint: 'did you mean "count"?',
    });
  });
});
