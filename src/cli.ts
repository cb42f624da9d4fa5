import { main } from "./commands/main.ts";

// A pipeline may leave timers and connections open; the work is done and written, so the process ends here.
main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    // Not even what explains errors could be loaded.
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
