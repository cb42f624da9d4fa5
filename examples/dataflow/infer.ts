/** Says where people live longer than the income of their country would have it, by the model that `train.ts` trains. */
import { inference, training } from "./drivers.ts";
import { told } from "./lib/told.ts";

await using trained = training();
const { model } = await trained.execute(["model"]);

await using driver = inference();
const { surprises } = await driver.execute(["surprises"], { inputs: { model } });
for (const { country, health, expected } of surprises) {
  console.log(`${country}: ${health.toFixed(1)} years, expected ${expected.toFixed(1)}`);
}
console.log(await told(driver));
await driver.cache?.viewRun({ path: "out/inference.svg", title: "inference" });
