import type { PageData } from "../data.ts";
import { ids } from "../data.ts";
import { byId } from "./dom.ts";
import { Page } from "./page.ts";

const data = JSON.parse(byId(ids.data).textContent) as PageData;
new Page(data).start();
