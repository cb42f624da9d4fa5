import { setTimeout as sleep } from "node:timers/promises";
import { stage } from "sluice";

/** What a shop does every night. Nothing is computed: it takes the time that such work takes. */
const work = async (ms: number, told?: (share: number) => void): Promise<void> => {
  const steps = Math.ceil(ms / 60);
  for (let step = 0; step <= steps; step++) {
    told?.(step / steps);
    await sleep(ms / steps);
  }
};

const pages = 4000;

export const orders = stage({}, async (_, { log, progress }) => {
  let told = 0;
  await work(5000, (share) => {
    const page = Math.round(share * pages);
    progress(page, pages);
    if (page - told >= 400) log.info(`pages ${told + 1} to ${page}: ${(page - told) * 25} orders`);
    if (page - told >= 400) told = page;
  });
});
export const prices = stage({}, () => work(1200));
export const clean = stage({ prices }, async (_, { progress }) => {
  await work(6000, (share) => progress(Math.round(share * 1_250_000), 1_250_000));
});
export const forecast = stage({ prices }, () => work(7000));
export const report = stage({ orders, clean, forecast }, () => work(800));
