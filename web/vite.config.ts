import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, defineConfig } from "vite";

/** Vite lists the licences of the page's own parts; workers are built apart. */
const licenceOfWorkers = (name: string): Plugin => ({
  name: "licence-of-workers",
  writeBundle({ dir }) {
    const folder = fileURLToPath(new URL(`node_modules/${name}/`, import.meta.url));
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string; license: string };
    const text = readFileSync(join(folder, "LICENSE.txt"), "utf8");
    appendFileSync(join(dir!, "licenses.md"), `\n## ${name} - ${version} (${license})\n\n${text.trim()}\n`);
  },
});

// The bundle stands in the tree, so it must not depend on where or when it is built.
export default defineConfig({
  plugins: [licenceOfWorkers("graphology-layout-forceatlas2")],
  base: "./",
  publicDir: false,
  // Sigma draws graphs of graphology, of which the page needs a tenth: what it draws here is src/graph/shown.ts.
  resolve: { alias: { "graphology-utils/is-graph": fileURLToPath(new URL("src/graph/shown.ts", import.meta.url)) } },
  worker: { format: "es", rollupOptions: { output: { entryFileNames: "assets/[name]-[hash].js" } } },
  build: {
    outDir: "../src/focusmesh/interface/web/page",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    license: { fileName: "licenses.md" },
    rollupOptions: {
      input: { index: "index.html", verifier: "src/verify/index.ts" },
      preserveEntrySignatures: "exports-only",
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
});
