import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

interface ChildOptions {
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A real process that runs a script of `fixtures/` and talks in lines. */
export class Child {
  readonly process: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiting: (() => void)[] = [];
  /** What it wrote to stderr so far. */
  stderr = "";
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  #hasEnded = false;

  constructor(script: string, args: readonly string[], options: ChildOptions = {}) {
    const file = fileURLToPath(new URL(`./fixtures/${script}`, import.meta.url));
    this.process = spawn(process.execPath, [file, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    createInterface({ input: this.process.stdout! }).on("line", (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.process.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.process.stdin!.on("error", () => {});
    this.ended = new Promise((resolve) => {
      this.process.on("close", (code, signal) => {
        this.#hasEnded = true;
        this.#wake();
        resolve(signal ?? code ?? -1);
      });
    });
    running.add(this);
    void this.ended.then(() => running.delete(this));
  }

  /** What it said that was not yet taken. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Takes the next line that it says. */
  async line(): Promise<string> {
    while (this.#lines.length === 0) {
      if (this.#hasEnded) throw new Error(`the child said no more; stderr: ${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#lines.shift()!;
  }

  say(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

const running = new Set<Child>();

/** Ends what a test left running. */
export async function killChildren(): Promise<void> {
  const children = [...running];
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.map((child) => child.ended));
}
