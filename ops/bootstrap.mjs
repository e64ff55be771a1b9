/**
 * Runs the program, its tests or its benchmarks on any Node from 20, after installing what is missing.
 *
 *   node ops/bootstrap.mjs serve            main.ts with these arguments
 *   node ops/bootstrap.mjs --test [PATH]    test/run.ts
 *   node ops/bootstrap.mjs --bench [NAME]   bench/run.ts
 *   node ops/bootstrap.mjs --prepare serve  installs and builds only; ./zegel then runs main.ts itself
 *
 * Plain JavaScript without dependencies: it runs before there are any, and on a Node that knows no types.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { install } from './install.mjs'
import { memoryEnvironment, memoryFlags } from './memory.mjs'
import { buildPages } from './pages.mjs'
import { handOver } from './run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const node24 = join(root, 'node_modules/node/bin/node')
const entries = { '--test': 'test/run.ts', '--bench': 'bench/run.ts' }

/** Commands that show the pages; all others start without building them. */
const showPages = new Set(['serve', '--test', '--bench'])

const [first, ...rest] = process.argv.slice(2)
const prepareOnly = first === '--prepare'
const command = prepareOnly ? rest[0] : first

try {
  if (Number.parseInt(process.versions.node, 10) < 20) {
    throw new Error(`Node 20 or newer is needed to start; this is ${process.version}.`)
  }
  install(root, node24)
  if (showPages.has(command)) buildPages(root, node24)
  if (!prepareOnly) {
    // A start takes 0.4 s in place of 0.7; ./zegel says the same.
    process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/compiled')
    const entry = entries[command]
    if (entry && !existsSync(join(root, entry))) throw new Error(`${entry} does not exist.`)
    if (!entry) Object.assign(process.env, memoryEnvironment)
    const server = [...memoryFlags, join(root, 'main.ts')]
    handOver(node24, entry ? [join(root, entry), ...rest] : [...server, ...process.argv.slice(2)])
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
