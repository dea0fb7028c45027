import { element } from "../shell/elements.js";

// Days around the one shown, with how full each is.
export function strip(place, { config, state, names, choose }) {
  const draw = (day) => {
    const button = element("button", day.closed ? "closed" : "");
    const bar = element("span", "load");
    const fill = element("i");
    button.type = "button";
    button.dataset.date = day.date;
    fill.style.width = `${day.load}%`;
    bar.append(fill);
    button.append(
      element("span", "", names.weekday(day.date)),
      element("b", "", String(Number(day.date.slice(8)))),
      bar,
    );
    const visits = `${day.count} ${day.count === 1 ? config.words.visit : config.words.visits}`;
    const label = [names.full(day.date), visits, day.closed]
      .filter(Boolean)
      .join(" · ");
    button.setAttribute("aria-label", label);
    button.title = label;
    button.addEventListener("click", () => choose(day.date));
    return button;
  };
  const mark = () => {
    for (const button of place.children)
      if (button.dataset.date === state.day) button.setAttribute("aria-current", "date");
      else button.removeAttribute("aria-current");
  };
  return async () => {
    mark();
    const address = `${config.urls.days}?sucursal=${state.branch}&dia=${state.day}`;
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { days, zone } = await answer.json();
      const hadFocus = place.contains(document.activeElement);
      place.replaceChildren(...days.map(draw));
      mark();
      const current = place.querySelector("[aria-current]");
      if (current) place.scrollLeft = current.offsetLeft - (place.clientWidth - current.offsetWidth) / 2;
      if (hadFocus) current?.focus();
      document.getElementById("zone").textContent = zone;
    } catch {
      /* without the strip the arrows still go from day to day */
    }
  };
}
