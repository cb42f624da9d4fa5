import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import xterm, { type Terminal } from "@xterm/headless";

/** A program that runs in a terminal, and the screen of that terminal. */
export interface PtyProcess {
  readonly screen: Terminal;
  /** All bytes that it has written, as text. */
  written(): string;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** Resolves when the screen satisfies this; rejects when the program ends before. */
  shows(what: (lines: readonly string[]) => boolean): Promise<void>;
  /** The exit code, when it has ended and all that it wrote is on the screen. */
  readonly ended: Promise<number>;
}

interface PtyOptions {
  readonly columns: number;
  readonly rows: number;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Node cannot make a terminal; Python can. Undefined where there is none. */
export const python: string | undefined = ["python3", "python"].find(
  (name) => spawnSync(name, ["-c", "import pty, termios"], { stdio: "ignore" }).status === 0,
);

/** Starts a program in a terminal of its own. Its environment says nothing of colours and CI but what is given. */
export function startInTerminal(program: string, args: readonly string[], options: PtyOptions): PtyProcess {
  const { columns, cwd, rows } = options;
  const env: NodeJS.ProcessEnv = { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8", ...options.env };
  for (const name of ["CI", "GITHUB_ACTIONS", "NO_COLOR", "FORCE_COLOR", "NODE_OPTIONS", "VITEST", "NODE_ENV", "STY"]) {
    if (options.env?.[name] === undefined) Reflect.deleteProperty(env, name);
  }
  const helper = path.join(import.meta.dirname, "terminal.py");
  const child = spawn(python!, [helper, String(columns), String(rows), program, ...args], {
    cwd,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const screen = new xterm.Terminal({ cols: columns, rows, scrollback: 100_000, allowProposedApi: true });
  const watchers = new Set<() => void>();
  let written = "";
  child.stdin.on("error", () => {});
  child.stdout.setEncoding("utf8").on("data", (data: string) => {
    written += data;
    screen.write(data, () => {
      for (const watcher of watchers) watcher();
    });
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => screen.write("", () => resolve(code ?? 1)));
  });
  return {
    screen,
    written: () => written,
    type: (keys) => void child.stdin.write(`key ${Buffer.from(keys).toString("hex")}\n`),
    resize: (width, height) => {
      screen.resize(width, height);
      child.stdin.write(`size ${width} ${height}\n`);
    },
    shows: (what) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!what(linesOf(screen))) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        ended.then(() => reject(new Error(`it ended and never showed it:\n${linesOf(screen).join("\n")}`)), reject);
      }),
    ended,
  };
}

/** What is on a screen and in its scrollback: one text a row, without spaces at the end; empty rows at the end are left out. */
export function linesOf(screen: Terminal): string[] {
  const { active } = screen.buffer;
  const lines = Array.from({ length: active.length }, (_, row) =>
    active.getLine(row)!.translateToString(true).trimEnd(),
  );
  while (lines.at(-1) === "") lines.pop();
  return lines;
}
