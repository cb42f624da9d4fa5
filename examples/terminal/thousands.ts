import { setTimeout as sleep } from "node:timers/promises";
import { stage } from "sluice";

const cities = ["amsterdam", "berlin", "córdoba", "delhi", "京都", "lagos", "lima", "osaka", "reykjavík", "東京"];

/** A stage for each of many stations, some of which take long, and one that takes in all of them. */
export const stations = Object.fromEntries(
  Array.from({ length: 4995 }, (_, i) => {
    const ms = i % 197 === 5 ? 4000 + (i % 7) * 900 : 0;
    const name = `${cities[i % cities.length]}-${i}`;
    const work = stage({ i, ms }, async ({ i, ms }, { progress }) => {
      for (let step = 0; step <= 20; step++) {
        if (ms === 0) return i;
        progress(step * 500, 10_000);
        await sleep(ms / 20);
      }
      return i;
    });
    return [name, work];
  }),
);
export const all = stage(stations, (values) => Object.keys(values).length);
