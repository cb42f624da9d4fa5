/** Whether the tests here run at full length: `npm run test:long`. */
export const isLong = process.env.SLUICE_LONG !== undefined && process.env.SLUICE_LONG !== "";

/** Of full length, for who has less time: `SLUICE_LONG=0.1` tries a tenth. */
const part = Number(process.env.SLUICE_LONG) > 0 ? Number(process.env.SLUICE_LONG) : 1;

/** How many cases are tried: few, unless the tests run at full length. */
export function cases(quick: number, long: number): number {
  return isLong ? Math.max(quick, Math.round(long * part)) : quick;
}

/** Says what a proof tried and found; `docs/guarantees.md` has the lines of a long run. */
export function tellFigures(proof: string, figures: Readonly<Record<string, number | string>>): void {
  if (!isLong) return;
  const parts = Object.entries(figures).map(([name, value]) =>
    typeof value === "number" ? `${value.toLocaleString("en")} ${name}` : `${name} ${value}`,
  );
  process.stdout.write(`\n${proof}: ${parts.join(", ")}\n`);
}
