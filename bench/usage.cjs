// Preloaded into a measured process: at its end it appends what the process used to a file.
const { appendFileSync } = require("node:fs");

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  appendFileSync(process.env.BENCH_USAGE, `${JSON.stringify({ userCPUTime, systemCPUTime, maxRSS })}\n`);
});
