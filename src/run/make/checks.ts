import { fail } from "../../core/failure.ts";
import type { StageFacts } from "../decision.ts";

/**
 * Runs a stage's checks on its value; one that only warns tells `warn`.
 * @throws SluiceError `check-failed`
 */
export async function runChecks(facts: StageFacts, value: unknown, warn: (text: string) => void): Promise<void> {
  const node = facts.node.name;
  for (const { name, level, test } of facts.stage.checks) {
    const verdict = await test(value);
    if (verdict === undefined || verdict === true) continue;
    const message = `${node} did not pass the check "${name}"${typeof verdict === "string" ? `: ${verdict}` : ""}`;
    if (level === "warn") warn(message);
    else fail("check-failed", message, { node, hint: "nothing was recorded" });
  }
}
