/** Runs the example, edits it, runs it again: `npm run demo`. Ends with 1 if a run did more or less than it should. */
import { styleText } from "node:util";
import { formatDuration } from "../../src/text/quantity.ts";
import { describeReasons } from "../../src/text/reasons.ts";
import { built, Checkout, type RunReport } from "./demo/checkout.ts";
import { executed, reused, type Step, steps } from "./demo/steps.ts";

const columns = [38, 8, 8, 10, 10] as const;
const live = process.stdout.isTTY === true;
let wrong = 0;

say("");
say(`  ${styleText("bold", "Box office")}: five stages over 3,201 films, each row a process of its own.`);
say("");
say(styleText("dim", row(["what was done", "ran", "reused", "time", "saved"])));

const checkout = Checkout.create(built);
try {
  for (const step of steps) {
    if (live) process.stdout.write(`${styleText("dim", "…")} ${step.what}`);
    const report = await step.act(checkout);
    if (live) process.stdout.write("\r\x1b[K");
    show(step, report);
  }
} finally {
  checkout.remove();
}

say("");
say(wrong === 0 ? `  Every row ran what it had to, and nothing else.` : `  ${wrong} rows are not what they should be.`);
say("");
process.exitCode = wrong === 0 ? 0 : 1;

function show({ what, runs }: Step, report: RunReport): void {
  const ran = executed(report);
  const right = report.status === "ok" && ran.join() === runs.join();
  if (!right) wrong += 1;
  const cells = [
    what,
    String(ran.length),
    String(reused(report).length),
    formatDuration(report.wallMs),
    formatDuration(report.savedMs),
  ];
  say(`${right ? styleText("green", "✓") : styleText("red", "✗")} ${row(cells).slice(2)}`);
  for (const name of ran) {
    const reasons = describeReasons(report.nodes[name]!.reasons);
    say(`    ${styleText("cyan", name.padEnd(10))} ${styleText("dim", reasons)}`);
  }
  if (!right) say(styleText("red", `    should have run: ${runs.join(", ") || "nothing"}`));
}

function row([what = "", ...numbers]: readonly string[]): string {
  return `  ${what.padEnd(columns[0])}${numbers.map((text, index) => text.padStart(columns[index + 1]!)).join("")}`;
}

function say(line: string): void {
  console.log(line);
}
