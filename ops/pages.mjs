/** Builds the web pages when web/dist is missing or was built from other sources. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { npm } from './install.mjs'

const notSources = new Set(['node_modules', 'dist'])

/** @throws Error with what vite said when the pages do not build */
export function buildPages(root, node24) {
  const web = join(root, 'web')
  if (!existsSync(join(web, 'vite.config.ts'))) return
  const stamp = join(web, 'dist/.sources')
  const sources = hashOf(web)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) {
    // ./zegel compares times, which a checkout changes without changing a file.
    const now = new Date()
    utimesSync(stamp, now, now)
    return
  }
  process.stderr.write('Building the web pages.\n')
  rmSync(stamp, { force: true }) // a build that ends half-way counts for nothing
  npm(web, ['run', 'build'], dirname(node24))
  writeFileSync(stamp, sources)
}

/** One hash over the names and bytes of all sources below `folder`, in the order of their names. */
function hashOf(folder) {
  const hash = createHash('sha256')
  for (const file of sourcesBelow(folder, '')) {
    const bytes = readFileSync(join(folder, file))
    hash.update(`${file}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

function sourcesBelow(folder, path) {
  return readdirSync(join(folder, path), { withFileTypes: true })
    .filter((entry) => !notSources.has(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inner = join(path, entry.name)
      return entry.isDirectory() ? sourcesBelow(folder, inner) : [inner]
    })
}
