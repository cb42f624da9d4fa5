import type { Driver } from "sluice/dataflow";

/** What the last run of a driver ran, and how much it reused, in a line. */
export async function told(driver: Pick<Driver, "cache">): Promise<string> {
  const runId = driver.cache?.lastRunId;
  if (runId === undefined) return "nothing was run";
  const events = Object.entries((await driver.cache?.logs({ runId })) ?? {});
  const ran = events.filter(([, all]) => all.some(({ eventType }) => eventType === "execute_node"));
  const names = ran.map(([name]) => name).toSorted();
  return `ran: ${names.join(", ")}; reused: ${events.length - ran.length}`;
}
