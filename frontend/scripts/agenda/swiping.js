const FAR = 70;
const STRAIGHT = 50;

// Calls `go(+1 or -1)` when a finger goes sideways over the place.
export function onSwipe(place, go) {
  let from = null;
  place.addEventListener(
    "touchstart",
    (event) => {
      const [touch] = event.touches;
      from = event.touches.length === 1 ? { x: touch.clientX, y: touch.clientY } : null;
    },
    { passive: true },
  );
  place.addEventListener(
    "touchend",
    (event) => {
      if (!from) return;
      const [touch] = event.changedTouches;
      const x = touch.clientX - from.x;
      if (Math.abs(x) > FAR && Math.abs(touch.clientY - from.y) < STRAIGHT) go(x < 0 ? 1 : -1);
      from = null;
    },
    { passive: true },
  );
}
