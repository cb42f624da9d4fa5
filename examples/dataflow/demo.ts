/** Runs the example, edits it, runs it again: `node demo.ts`. Ends with 1 if a step ran more or less than it should. */
import { Checkout } from "./demo/checkout.ts";
import { steps } from "./demo/steps.ts";

const checkout = Checkout.create();
let wrong = 0;
try {
  for (const step of steps) {
    const { ran, reused, wallMs, lines } = checkout.act(step);
    const isRight = ran.join() === step.runs.join();
    if (!isRight) wrong += 1;
    console.log(
      `${isRight ? "✓" : "✗"} ${step.what.padEnd(28)}${(wallMs / 1000).toFixed(1)} s   reused ${reused}, ran ${ran.join(", ")}`,
    );
    if (!isRight) console.log(`  should have run: ${step.runs.join(", ")}`);
    if (step === steps[0] || step.run[0] === "infer.ts") for (const line of lines) console.log(`    ${line}`);
  }
} finally {
  checkout.remove();
}
console.log(
  wrong === 0 ? "Every step ran what it had to, and nothing else." : `${wrong} steps are not what they should be.`,
);
process.exitCode = wrong === 0 ? 0 : 1;
