/** What the demo does, one after the other, and what each step has to run: no more, and no less. */
export interface Step {
  readonly what: string;
  /** An edit of a file before it: what is replaced, and by what. */
  readonly edit?: { readonly file: string; readonly from: string; readonly to: string };
  /** The program and its arguments. */
  readonly run: readonly [script: string, ...args: string[]];
  /** The nodes that run, in alphabetical order. */
  readonly runs: readonly string[];
}

const trained = ["effect", "effects", "features", "model", "score", "split", "test", "train"];
const scale = { file: "modules/features.ts", from: "Math.log10(amount)", to: "Math.log2(amount)" };

export const steps: readonly Step[] = [
  {
    what: "train, with nothing cached",
    run: ["train.ts"],
    runs: ["amountPerRegion", ...trained, "processedData", "rawData", "regions", "sample"].toSorted(),
  },
  { what: "train again", run: ["train.ts"], runs: ["rawData"] },
  {
    what: "a comment in a module",
    edit: {
      file: "modules/sales.ts",
      from: "export function amountPerRegion",
      to: "// said\nexport function amountPerRegion",
    },
    run: ["train.ts"],
    runs: ["rawData"],
  },
  {
    what: "another scale in a helper",
    edit: scale,
    run: ["train.ts"],
    runs: [...trained, "rawData"].toSorted(),
  },
  {
    what: "and back",
    edit: { ...scale, from: scale.to, to: scale.from },
    run: ["train.ts"],
    runs: ["rawData"],
  },
  {
    what: "40 samples instead of 12",
    run: ["train.ts", "samples=40"],
    runs: ["effect", "effects", "rawData", "sample"],
  },
  { what: "infer, by the other driver", run: ["infer.ts"], runs: ["predictions", "rawData", "surprises"] },
  { what: "infer again", run: ["infer.ts"], runs: ["rawData"] },
];
