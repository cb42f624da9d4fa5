/** Trains the model: `node train.ts [least=N] [samples=N] [ridge=N]`. What is given is an input of the dataflow. */
import { training } from "./drivers.ts";
import { given } from "./lib/given.ts";
import { told } from "./lib/told.ts";

await using driver = training();
const inputs = given(process.argv.slice(2), ["least", "samples", "ridge"]);
const { amountPerRegion, score, effect } = await driver.execute(["amountPerRegion", "score", "effect"], {
  inputs,
  onEvent: (event) => {
    if (event.type === "warning") console.warn(`warning: ${event.failure.message}`);
  },
});

const [[region, amount] = ["nowhere", 0]] = Object.entries(amountPerRegion);
console.log(`most is spent in ${region}: ${(amount / 1e12).toFixed(1)} trillion dollars a year`);
console.log(`the model tells ${Math.round(score * 100)} % of how long people live`);
console.log(`ten times the income: ${effect.low.toFixed(1)} to ${effect.high.toFixed(1)} years more`);
console.log(await told(driver));
await driver.cache?.viewRun({ path: "out/training.svg", title: "training" });
