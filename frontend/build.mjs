// Bundles scripts and styles, and draws the icons that are used into one sprite.
import { build } from "esbuild";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const OUT = "src/reservo/ui/static/dist";
const SCRIPTS = ["staff", "agenda", "booking", "embed", "weekgrid", "worker"];
const STYLES = ["staff", "agenda", "console", "public"];

mkdirSync(OUT, { recursive: true });
await build({
  entryPoints: SCRIPTS.map((name) => `frontend/scripts/${name}.js`),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  outdir: OUT,
  legalComments: "none",
});
await build({
  entryPoints: STYLES.map((name) => `frontend/styles/${name}.css`),
  bundle: true,
  minify: true,
  target: "es2020",
  outdir: OUT,
  legalComments: "none",
  external: ["*.svg"],
});

const names = readFileSync("frontend/icons.txt", "utf8").split(/\s+/).filter(Boolean);
const symbols = names.map((name) => {
  const drawing = readFileSync(`node_modules/@tabler/icons/icons/outline/${name}.svg`, "utf8");
  const paths = drawing.slice(
    drawing.indexOf(">", drawing.indexOf("<svg")) + 1,
    drawing.lastIndexOf("</svg>"),
  );
  return `<symbol id="${name}" viewBox="0 0 24 24">${paths.replace(/\s+/g, " ").trim()}</symbol>`;
});
writeFileSync(`${OUT}/icons.svg`, `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
