import path from "node:path";
import { writeLog } from "./log-file.ts";
import { fixture } from "./recorded.ts";
import { record } from "./recording.ts";

/*
 * Records the work anew that is used where `strace` is not there. To be run when the layout of the store or the steps change:
 *
 *   node test/faults/power-cut/write-fixture.ts
 */

writeLog(path.join(import.meta.dirname, fixture.file), record(fixture.seed, fixture.steps, false));
