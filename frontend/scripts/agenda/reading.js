const SOON = 250;
const LONGEST = 20_000;
const AGAIN = 5_000;

// Reads what the grid shows, the newest wish alone: an earlier one that answers later would draw another day's visits.
// What is not read yet, or could not be, is never to be taken for free hours: the grid is dimmed and says so.
export function reader({ grid, line, words, again }) {
  let newest = null;
  let known = "";
  let waiting;
  line.querySelector("button").addEventListener("click", again);
  window.addEventListener("online", () => grid.dataset.reading === "failed" && again());

  function say(what, wanted) {
    clearTimeout(waiting);
    grid.toggleAttribute("data-unknown", Boolean(what) && wanted !== known);
    grid.setAttribute("aria-busy", String(what === "going"));
    if (what) grid.dataset.reading = what;
    else delete grid.dataset.reading;
    line.hidden = what !== "failed";
    line.querySelector("span").textContent = wanted === known ? words.unread : words.unknown;
  }

  return async (wanted, read) => {
    newest?.abort();
    const mine = new AbortController();
    newest = mine;
    clearTimeout(waiting);
    if (grid.dataset.reading !== "failed") waiting = setTimeout(say, SOON, "going", wanted);
    const limit = setTimeout(() => mine.abort(), LONGEST);
    try {
      const data = await read(mine.signal);
      known = wanted;
      say("", wanted);
      return data;
    } catch (error) {
      if (mine === newest) {
        say("failed", wanted);
        if (error.message !== "401") waiting = setTimeout(again, AGAIN);
      }
      throw error;
    } finally {
      clearTimeout(limit);
    }
  };
}
