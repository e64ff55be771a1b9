import { svelte } from '@sveltejs/vite-plugin-svelte'
import { createHash } from 'node:crypto'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'

/** The app: one page below /app/, everything it loads below /app/assets/, named by content. */
export default defineConfig({
  root: `${import.meta.dirname}/app`,
  base: '/app/',
  publicDir: false,
  plugins: [svelte({ configFile: false }), listFiles()],
  build: {
    outDir: '../dist/app',
    emptyOutDir: true,
    target: 'es2024',
    // The policy allows no data: for scripts, styles and fonts, and an inlined asset is not cached by itself.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: `${import.meta.dirname}/app/index.html`, sw: `${import.meta.dirname}/app/offline/worker.ts` },
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
})

/** Tells the service worker which files belong to the build, and a name for all of them together. */
function listFiles(): Plugin {
  return {
    name: 'list-files',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const files = Object.keys(bundle).filter((file) => file.startsWith('assets/'))
      const build = createHash('sha256').update(files.sort().join()).digest('hex').slice(0, 16)
      const worker = bundle['sw.js']
      if (worker?.type === 'chunk')
        worker.code = `self.FILES=${JSON.stringify(files)};self.BUILD=${JSON.stringify(build)};${worker.code}`
    },
  }
}
