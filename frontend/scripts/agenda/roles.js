// The component calls its layers table, row and cell, but what stands in them is no table: a reader would be told
// of rows without cells. Heads, visits and buttons speak for themselves; the day as a list reads as a list.
const ROLES = ["table", "rowgroup", "row", "cell", "rowheader", "columnheader"];
const PLACES = ["aria-colindex", "aria-rowindex", "aria-colcount", "aria-rowcount", "aria-colspan", "aria-rowspan"];
const OF_A_TABLE = [...ROLES.map((role) => `[role=${role}]`), ...PLACES.map((name) => `[${name}]`)].join();

export function plainRoles(place) {
  const strip = () => {
    for (const main of place.querySelectorAll(".ec-main:not([tabindex])")) main.tabIndex = 0;
    for (const layer of place.querySelectorAll(OF_A_TABLE)) {
      if (ROLES.includes(layer.getAttribute("role"))) layer.removeAttribute("role");
      for (const name of PLACES) layer.removeAttribute(name);
    }
  };
  new MutationObserver(strip).observe(place, { childList: true, subtree: true });
  strip();
}
