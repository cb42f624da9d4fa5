/*
 * Checked by `tsc --noEmit`, never run: what hooks are given, and what they make of what `execute` gives.
 */
import { type Tracer, trace } from "@opentelemetry/api";
import {
  Driver,
  each,
  gracefulErrors,
  type Hook,
  openLineage,
  openTelemetry,
  parallel,
  progressBar,
  typeChecks,
} from "sluice/dataflow";
import { z } from "zod";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(same: Equal<A, B>): void;

const features = { double: ({ x }: { x: number }) => x * 2 };
const builder = Driver.builder().withModules(features);
const inputs = { x: 1 };

const plain = await builder
  .withHooks(progressBar(), { beforeNode: () => {} })
  .build()
  .execute(["double"], { inputs });
same<typeof plain.double, number>(true);
const graceful = await builder.withHooks(gracefulErrors(), progressBar()).build().execute(["double"], { inputs });
same<typeof graceful.double, number | null>(true);
const named = await builder
  .withHooks(gracefulErrors({ sentinel: "failed" }))
  .build()
  .execute(["double"], { inputs });
same<typeof named.double, number | "failed">(true);

// Of items in branches it is not seen, and a list can be taken as one that holds stand-ins.
const branch = { n: parallel(({ x }: { x: number }) => [x]), half: each(({ n }: { n: number }) => n / 2) };
const halves = await Driver.builder()
  .withModules(branch)
  .withHooks(gracefulErrors({ sentinel: "failed" }))
  .build()
  .execute(["half"], { inputs });
same<typeof halves.half, number[] | "failed">(true);
export const taken: readonly (number | "failed")[] | "failed" = halves.half;

// What is wrong with the inputs is seen with hooks as well.
const hooked = builder.withHooks(progressBar()).build();
// @ts-expect-error an input of a wrong type
hooked.execute(["double"], { inputs: { x: "1" } });
// @ts-expect-error no hook
builder.withHooks(1);
// @ts-expect-error a misspelt method
builder.withHooks({ beforNode: () => {} });

const tracer: Tracer = trace.getTracer("own");
openTelemetry({ tracer });
typeChecks({ x: "number", double: z.number(), day: Date });
// @ts-expect-error no type
typeChecks({ x: "text" });
// @ts-expect-error a job is needed
openLineage({ file: "a", namespace: "b" });

export const hook: Hook = {
  beforeNode: async ({ inputs, node }) => {
    same<Awaited<ReturnType<typeof inputs>>, Readonly<Record<string, unknown>>>(true);
    // @ts-expect-error nodes are not for changing
    node.tags = {};
  },
  aroundNode: (_, work) => work(),
  afterNode: async ({ value, status }) => {
    same<Awaited<ReturnType<typeof value>>, unknown>(true);
    same<typeof status, "hit" | "executed" | "failed" | "skipped" | "cancelled">(true);
  },
  // @ts-expect-error what goes around a node waits for it
  aroundTask: () => {},
};
