import { setTimeout as sleep } from "node:timers/promises";
import { stage } from "sluice";

interface Row {
  readonly title: string;
  readonly minutes?: number;
}

function lengths(rows: readonly Row[]): readonly number[] {
  return rows.map((row) => {
    if (row.minutes === undefined) throw new Error(`"${row.title}" has no length`);
    return row.minutes;
  });
}

export const films = stage({}, async (): Promise<readonly Row[]> => {
  await sleep(400);
  return [{ title: "Alien", minutes: 117 }, { title: "Stalker" }];
});
export const mean = stage({ films }, async ({ films }, { log }) => {
  log.info(`${films.length} films`);
  await sleep(300);
  return lengths(films).reduce((sum, minutes) => sum + minutes, 0) / films.length;
});
export const titles = stage({ films }, async ({ films }) => {
  await sleep(900);
  return films.map(({ title }) => title);
});
export const chart = stage({ mean }, ({ mean }) => "#".repeat(mean));
export const page = stage({ chart, titles }, ({ chart, titles }) => `${titles.join("\n")}\n${chart}`);
