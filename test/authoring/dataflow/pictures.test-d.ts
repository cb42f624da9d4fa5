import { Driver } from "sluice/dataflow";

/** Compiles only where two types are the same. */
function same<A, B>(_: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false): void {}

const driver = Driver.builder()
  .withModules({ size: ({ text }: { text: string }) => text.length })
  .withCache()
  .build();
const cache = driver.cache!;
declare const somewhere: string;

// What comes is bytes for PNG, and text for all else.
const bare = await cache.viewRun();
same<typeof bare, string>(true);
const plain = await cache.viewRun({ runId: "x" });
same<typeof plain, string>(true);
const png = await cache.viewRun({ path: "run.png" });
same<typeof png, Uint8Array>(true);
const svg = await driver.visualize({ path: "all.svg", upstreamOf: ["size"] });
same<typeof svg, string>(true);
const unknown = await driver.visualize({ path: somewhere });
same<typeof unknown, string | Uint8Array>(true);
const byFormat = await driver.visualizePathBetween("text", "size", { path: somewhere, format: "png" });
same<typeof byFormat, Uint8Array>(true);
const execution = await driver.visualizeExecution(["size"], { inputs: { text: "x" }, format: "mermaid" });
same<typeof execution, string>(true);

// @ts-expect-error a target that is not there
driver.visualizeExecution(["sise"]);
// @ts-expect-error an input of another type
driver.visualizeExecution(["size"], { inputs: { text: 1 } });
// @ts-expect-error an unknown format
driver.visualize({ format: "gif" });
