import { fingerprint } from "../../src/core/canonical.ts";
import { zoo } from "./zoo.ts";

/** Run as a program: the data versions of all values of the zoo, as JSON. */
process.stdout.write(JSON.stringify(zoo.map(([name, value]) => [name, fingerprint(value)])));
