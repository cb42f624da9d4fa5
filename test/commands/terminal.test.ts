import { describe, expect, test } from "vitest";
import { linesOf, type PtyProcess, python, startInTerminal } from "../rig/pty.ts";
import { type RigProject, rig } from "../rig/rig.ts";
import { cli } from "../rig/tested.ts";

const pipeline = `import { stage } from "sluice";
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const quick = stage({}, () => console.log("quick\\x1b[2J"));
export const counted = stage({ quick }, async (_, { progress, log, signal }) => {
  for (let i = 0; i <= 4 && !signal.aborted; i++) {
    progress(i, 4);
    for (let line = 0; line < 5; line++) log.info("line", i, line);
    await sleep(150);
  }
});
export const endless = stage({}, async (_, { signal }) => {
  while (!signal.aborted) await sleep(20);
});
export const stuck = stage({}, () => new Promise((resolve) => setTimeout(resolve, 60_000)));
export const crash = stage({}, async () => {
  await sleep(300);
  setTimeout(() => { throw new Error("from a timer"); });
  await sleep(60_000);
});
export const killed = stage({}, async ({}, { signal }) => {
  await sleep(300);
  process.kill(process.pid, "SIGTERM");
  while (!signal.aborted) await sleep(20);
});
export const asks = stage({}, () => new Promise((resolve) => {
  process.stdin.once("data", (data) => resolve(String(data).trim()));
}));
`;

function start(
  project: RigProject,
  args: readonly string[],
  more: { columns?: number; rows?: number; env?: NodeJS.ProcessEnv } = {},
): PtyProcess {
  const { columns = 80, rows = 24, env = {} } = more;
  return startInTerminal(process.execPath, [cli, ...args], { columns, rows, cwd: project.dir, env });
}

/** An interactive shell, with jobs that can be stopped and sent to the background. */
async function startShell(project: RigProject): Promise<PtyProcess> {
  const shell = startInTerminal("sh", ["-mi"], { columns: 100, rows: 24, cwd: project.dir, env: { ENV: undefined } });
  await shell.shows((lines) => /[#$]$/.test(lines.at(-1) ?? ""));
  shell.type("PS1='shell''> '\n");
  await shell.shows((lines) => lines.at(-1) === "shell>");
  return shell;
}

/** How a terminal's modes were left, and where its cursor. */
function expectRestored(run: PtyProcess): void {
  const written = run.written();
  expect(written.lastIndexOf("\x1b[?25h")).toBeGreaterThanOrEqual(written.lastIndexOf("\x1b[?25l"));
  expect(written.lastIndexOf("\x1b[?7h")).toBeGreaterThanOrEqual(written.lastIndexOf("\x1b[?7l"));
  expect(run.screen.buffer.active.cursorX).toBe(0);
}

const showing = (text: string) => (lines: readonly string[]) => lines.some((line) => line.includes(text));

describe.skipIf(python === undefined)("the command line at a terminal (needs Python to make one)", () => {
  test("a live view that leaves only finished lines behind, whatever the window does meanwhile", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    const run = start(project, ["run", "counted"]);
    await run.shows(showing("25%"));
    run.resize(40, 12);
    await run.shows(showing("75%"));
    run.resize(100, 30);
    expect(await run.ended).toBe(0);
    const lines = linesOf(run.screen);
    expect(lines.slice(0, 2)).toEqual(["quick | quick", expect.stringMatching(/^ran {6}quick {10,}.*first run$/)]);
    expect(lines.slice(2, 12)).toEqual(
      [0, 1].flatMap((i) => [0, 1, 2, 3, 4].map((line) => `counted | line ${i} ${line}`)),
    );
    expect(lines[12]).toBe("counted | … it logged 25 lines: see sluice logs");
    expect(lines[13]).toMatch(/^ran {6}counted .* first run$/);
    expect(lines[14]).toMatch(/^done: 2 stages ran, in /);
    expect(lines).toHaveLength(15);
    expectRestored(run);
  });

  test("keys: l shows the logs of what runs, q stops", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    const run = start(project, ["run", "counted", "endless", "-j2"]);
    await run.shows(showing("q: stop"));
    await run.shows(showing("counted"));
    run.type("l");
    await run.shows(showing("│ line"));
    run.type("q");
    expect(await run.ended).toBe(130);
    const text = linesOf(run.screen).join("\n");
    expect(text).toContain("stopping: what runs is being cancelled");
    expect(text).toMatch(/interrupted: .* cancelled/);
    expect(text).not.toContain("│");
    expectRestored(run);
  });

  test("Ctrl-C once cancels, twice ends at once; the terminal is as it was", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    const once = start(project, ["run", "endless"]);
    await once.shows(showing("q: stop"));
    once.type("\x03");
    expect(await once.ended).toBe(130);
    expect(linesOf(once.screen).join("\n")).toContain("stopped  endless");
    expectRestored(once);
    const twice = start(project, ["run", "stuck"]);
    await twice.shows(showing("q: stop"));
    twice.type("\x03\x03");
    expect(await twice.ended).toBe(130);
    expectRestored(twice);
  });

  test("the cursor and the mode of the terminal come back after an error that nobody catches and after SIGTERM", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    // the shell is what is left to look at the terminal after sluice has ended
    for (const [node, code] of [
      ["crash", 1],
      ["killed", 130],
    ] as const) {
      const command = `"${process.execPath}" "${cli}" run ${node}; echo "code $?"; stty -a | grep -o -- "[-]*icanon"`;
      const run = startInTerminal("sh", ["-c", command], { columns: 80, rows: 24, cwd: project.dir });
      await run.shows(showing("icanon"));
      expect(linesOf(run.screen).join("\n")).toMatch(new RegExp(`\\ncode ${code}\\nicanon$`));
      expectRestored(run);
    }
  });

  test("stopped with Ctrl-Z, the terminal is the shell's; fg goes on", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    const shell = await startShell(project);
    shell.type(`"${process.execPath}" "${cli}" run endless\n`);
    await shell.shows(showing("q: stop"));
    shell.type("\x1a");
    await shell.shows((lines) => lines.at(-1) === "shell>" && !showing("q: stop")(lines));
    shell.type("stty -a | grep -o -- '[-]*icanon'; fg\n");
    await shell.shows((lines) => lines.includes("icanon"));
    await shell.shows(showing("q: stop"));
    shell.type("q");
    await shell.shows(showing("interrupted:"));
    shell.type("exit\n");
    await shell.ended;
    expect(shell.written().lastIndexOf("\x1b[?25h")).toBeGreaterThan(shell.written().lastIndexOf("\x1b[?25l"));
  });

  test("in the background it reads no keys and is not stopped for it", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    const shell = await startShell(project);
    shell.type(`"${process.execPath}" "${cli}" run counted &\n`);
    await shell.shows(showing("done: 2 stages ran"));
    expect(linesOf(shell.screen).join("\n")).not.toContain("q: stop");
    shell.type("exit\n");
    await shell.ended;
  });

  test("a stage that reads what a person types gets it", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    const run = start(project, ["run", "asks", "--no-keys"]);
    await run.shows(showing("asks"));
    run.type("yes\n");
    expect(await run.ended).toBe(0);
    expect((await project.sluice("show", "asks")).stdout).toContain("yes");
  });

  test("plain lines: TERM=dumb, CI, and where stderr is no terminal though stdout is", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    for (const env of [{ TERM: "dumb" }, { CI: "true" }]) {
      const run = start(project, ["run", "counted", "--recompute", "counted", "--no-color"], { env });
      expect(await run.ended).toBe(0);
      expect(run.written()).not.toContain("\x1b");
      expect(linesOf(run.screen).filter((line) => line.startsWith("counted |"))).toHaveLength(25);
    }
    const command = `"${process.execPath}" "${cli}" run counted --recompute counted 2> err.txt; cat err.txt`;
    const run = startInTerminal("sh", ["-c", command], { columns: 80, rows: 24, cwd: project.dir });
    expect(await run.ended).toBe(0);
    expect(run.written()).not.toContain("\x1b");
  });

  test("a live view where only stdout is piped; colours as NO_COLOR and FORCE_COLOR say", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
    const colors = /\x1b\[\d+m/;
    const command = `"${process.execPath}" "${cli}" run counted --recompute counted --json > out.json`;
    const run = startInTerminal("sh", ["-c", command], {
      columns: 80,
      rows: 24,
      cwd: project.dir,
      env: { NO_COLOR: "1" },
    });
    await run.shows(showing("25%"));
    expect(await run.ended).toBe(0);
    expect(JSON.parse(await project.read("out.json")).status).toBe("ok");
    expect(run.written()).not.toMatch(colors);
    const forced = start(project, ["run", "counted", "--recompute", "counted"], {
      env: { TERM: "dumb", FORCE_COLOR: "1" },
    });
    expect(await forced.ended).toBe(0);
    expect(forced.written()).toMatch(colors);
    expect(forced.written()).not.toContain("\x1b[?");
  });
});
