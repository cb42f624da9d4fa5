import { element } from "../../element.ts";
import type { Picture } from "../../model.ts";
import { ids } from "../data.ts";
import { nodeLink } from "../details.ts";
import { findNodes } from "../find.ts";
import { byId, toDom } from "./dom.ts";

const mostResults = 40;

/** The search box: what is found is listed below it, and chosen by arrows and Enter, or by a click. */
export function setUpSearch(picture: Picture, go: (node: number) => void): { focus(): void } {
  const box = byId<HTMLInputElement>(ids.search);
  const list = byId(ids.results);
  let found: readonly number[] = [];
  let at = 0;
  const show = () => {
    const items = found.map((node, i) => {
      const { children } = nodeLink(picture, node);
      return element(
        "li",
        { role: "option", id: `result-${i}`, "aria-selected": i === at ? "true" : "false" },
        ...children,
      );
    });
    const none = box.value.trim() !== "" && found.length === 0;
    list.replaceChildren(...(none ? [toDom(element("li", { class: "none" }, "nothing found"))] : items.map(toDom)));
    for (const button of list.querySelectorAll("button")) button.tabIndex = -1;
    list.hidden = !none && found.length === 0;
    box.setAttribute("aria-expanded", String(!list.hidden));
    if (found.length > 0) box.setAttribute("aria-activedescendant", `result-${at}`);
    else box.removeAttribute("aria-activedescendant");
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    found = [];
    list.replaceChildren();
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const search = () => {
    found = findNodes(picture, box.value, mostResults);
    at = 0;
    show();
  };
  const choose = (node: number) => {
    close();
    go(node);
  };
  box.addEventListener("input", search);
  box.addEventListener("focus", search);
  box.addEventListener("blur", () => setTimeout(close, 150));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
      box.blur();
    } else if (event.key === "Enter" && found.length > 0) choose(found[at]!);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (found.length > 0) at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
      show();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  // Before the box loses the focus, and with it the list.
  list.addEventListener("pointerdown", (event) => {
    const node = event.target instanceof Element ? event.target.closest("[data-go]")?.getAttribute("data-go") : null;
    event.preventDefault();
    if (node != null) choose(Number(node));
  });
  return {
    focus: () => {
      box.focus();
      box.select();
    },
  };
}
