// Puts the booking page where this script stands: <script src=".../embed.js" async></script>
const page = "__RESERVO_PAGE__",
  script = document.currentScript || document.querySelector('script[src*="embed.js"]');
const frame = document.createElement("iframe");
frame.src = page;
frame.title = "__RESERVO_TITLE__";
frame.loading = "lazy";
Object.assign(frame.style, { width: "100%", minHeight: "640px", border: "0", colorScheme: "light dark" });
script.after(frame);
let pages = 0;
window.addEventListener("message", ({ source, data }) => {
  if (source !== frame.contentWindow) return;
  if (typeof data?.reservoHeight === "number")
    frame.style.height = Math.min(Math.max(data.reservoHeight, 320), 6000) + "px";
  if (typeof data?.reservoBegin === "number" && pages++) show(data.reservoBegin);
});

// Whoever pressed a button far down sees the beginning of the next page, as without a frame.
function show(begin) {
  const top = frame.getBoundingClientRect().top + begin;
  if (top >= 0 && top < window.innerHeight - 200) return;
  frame.style.scrollMarginTop = 16 - begin + "px";
  frame.scrollIntoView();
}
