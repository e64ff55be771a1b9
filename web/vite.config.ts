import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

/** The app: one page below /app/, everything it loads below /app/assets/, named by content. */
export default defineConfig({
  root: `${import.meta.dirname}/app`,
  base: '/app/',
  publicDir: false,
  plugins: [svelte({ configFile: false })],
  build: {
    outDir: '../dist/app',
    emptyOutDir: true,
    target: 'es2024',
    // The policy allows no data: for scripts, styles and fonts, and an inlined asset is not cached by itself.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
