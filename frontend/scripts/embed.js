// Puts the booking page where this script stands: <script src=".../embed.js" async></script>
const page = "__RESERVO_PAGE__",
  script = document.currentScript || document.querySelector('script[src*="embed.js"]');
const frame = document.createElement("iframe");
frame.src = page;
frame.title = "__RESERVO_TITLE__";
frame.loading = "lazy";
Object.assign(frame.style, { width: "100%", minHeight: "640px", border: "0", colorScheme: "light dark" });
script.after(frame);
window.addEventListener("message", (event) => {
  if (event.source === frame.contentWindow && typeof event.data?.reservoHeight === "number")
    frame.style.height = Math.min(Math.max(event.data.reservoHeight, 320), 6000) + "px";
});
