import { Driver } from "sluice/dataflow";
import * as features from "./modules/features.ts";
import * as inferring from "./modules/inference.ts";
import * as sales from "./modules/sales.ts";
import * as learning from "./modules/training.ts";

/** What both drivers begin with: the same modules, the same data, the same cache. */
const common = Driver.builder()
  .withModules(sales, features)
  .withConfig({ address: "vega-datasets@3.2.1/data/gapminder-health-income.csv" })
  .withCache();

export const training = () => common.withModules(learning).build();
export const inference = () => common.withModules(inferring).build();
