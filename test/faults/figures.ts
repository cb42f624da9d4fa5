/** Whether the tests here run at full length: `npm run test:long`. */
export const isLong = process.env.SLUICE_LONG !== undefined && process.env.SLUICE_LONG !== "";

/** Says what a proof tried and found; `docs/guarantees.md` has the lines of a long run. */
export function tellFigures(proof: string, figures: Readonly<Record<string, number | string>>): void {
  if (!isLong) return;
  const parts = Object.entries(figures).map(([name, value]) =>
    typeof value === "number" ? `${value.toLocaleString("en")} ${name}` : `${name} ${value}`,
  );
  process.stdout.write(`\n${proof}: ${parts.join(", ")}\n`);
}
