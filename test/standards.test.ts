/** STANDARDS.md and the code say the same: what the code cites is listed there, what is listed as done is cited. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const states = ['yes', 'partly', 'planned', 'no'] as const

interface Row {
  rfc: number
  state: (typeof states)[number]
  /** folders from the root, where the code is */
  where: string[]
}

/** RFC number to the files that cite it, paths from the root. */
type Citations = Map<number, string[]>

/** @throws AssertionError for a row that is not: | number | title | state | `folder`, `folder` | note | */
function rowsOf(markdown: string): Row[] {
  return [...markdown.matchAll(/^\| *\d.*$/gm)].map(([line]) => {
    const [, rfc, state, where] = /^\| (\d{3,5}) \| [^|]+ \| (\w+) \|([^|]*)\|[^|]*\|$/.exec(line) ?? []
    const known = states.find((one) => one === state)
    assert.ok(rfc && known && where !== undefined, `STANDARDS.md: not a row of five columns: ${line}`)
    return { rfc: Number(rfc), state: known, where: [...where.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '') }
  })
}

function citationsOf(sources: Record<string, string>): Citations {
  const citations: Citations = new Map()
  for (const [file, text] of Object.entries(sources)) {
    const numbers = new Set([...text.matchAll(/\bRFCs?[ -](\d{3,5})(?!\d)/g)].map((match) => Number(match[1])))
    for (const rfc of numbers) citations.set(rfc, [...(citations.get(rfc) ?? []), file])
  }
  return citations
}

/** @returns one sentence for each RFC about which STANDARDS.md and the code differ */
function differences(rows: Row[], citations: Citations): string[] {
  const byNumber = new Map(rows.map((row) => [row.rfc, row]))
  const twice = rows.filter((row) => byNumber.get(row.rfc) !== row).map((row) => `RFC ${row.rfc} has two rows`)
  const cited = [...citations].flatMap(([rfc, files]) => {
    const state = byNumber.get(rfc)?.state
    if (!state) return [`RFC ${rfc} is cited in ${files[0]} and has no row`]
    return state === 'no' ? [`RFC ${rfc} is cited in ${files[0]} and listed as "no"`] : []
  })
  const done = rows
    .filter(({ state }) => state === 'yes' || state === 'partly')
    .flatMap(({ rfc, state, where }) => {
      const code = (citations.get(rfc) ?? []).filter((file) => !/\.test\.\w+$/.test(file))
      if (where.length === 0) return [`RFC ${rfc} is listed as "${state}" and does not say where`]
      return where
        .filter((folder) => !code.some((file) => file === folder || file.startsWith(`${folder}/`)))
        .map((folder) => `RFC ${rfc} is listed as "${state}" in ${folder}, and no code there cites it`)
    })
  return [...twice, ...cited, ...done]
}

test('STANDARDS.md lists what the code cites, and the code cites what STANDARDS.md lists as done', () => {
  const root = resolve(import.meta.dirname, '..')
  const exclude = (path: string) =>
    /(^|\/)(node_modules|\.git)$|^(web\/dist|data|test\/standards\.test\.ts)$/.test(path)
  const files = globSync('**/*.{ts,svelte,sql}', { cwd: root, exclude })
  const sources = Object.fromEntries(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
  const rows = rowsOf(readFileSync(join(root, 'STANDARDS.md'), 'utf8'))
  assert.ok(rows.length > 0)
  assert.deepEqual(differences(rows, citationsOf(sources)), [])
  const missing = rows.flatMap(({ state, where }) =>
    state === 'yes' || state === 'partly' ? where.filter((folder) => !existsSync(join(root, folder))) : [],
  )
  assert.deepEqual(missing, [], 'folders of STANDARDS.md that do not exist')
})

const code = { 'protocols/smtp/mail.ts': '// RFC 5321 §4.1.1.2', 'protocols/smtp/mail.test.ts': '// RFC 1870 §6' }

const tables: Record<string, [table: string, complaints: string[]]> = {
  'all is listed': ['| 5321 | SMTP | yes | `protocols/smtp` | |\n| 1870 | SIZE | planned | | |', []],
  'no row for a cited one': [
    '| 1870 | SIZE | planned | | |',
    ['RFC 5321 is cited in protocols/smtp/mail.ts and has no row'],
  ],
  'a cited one listed as "no"': [
    '| 5321 | SMTP | no | | |\n| 1870 | SIZE | planned | | |',
    ['RFC 5321 is cited in protocols/smtp/mail.ts and listed as "no"'],
  ],
  'listed as done, cited by a test alone': [
    '| 5321 | SMTP | yes | `protocols/smtp` | |\n| 1870 | SIZE | partly | `protocols/smtp` | |',
    ['RFC 1870 is listed as "partly" in protocols/smtp, and no code there cites it'],
  ],
  'listed as done in another folder': [
    '| 5321 | SMTP | yes | `protocols/imap` | |\n| 1870 | SIZE | planned | | |',
    ['RFC 5321 is listed as "yes" in protocols/imap, and no code there cites it'],
  ],
  'listed as done nowhere': [
    '| 5321 | SMTP | yes | | |\n| 1870 | SIZE | planned | | |',
    ['RFC 5321 is listed as "yes" and does not say where'],
  ],
  'two rows for one': [
    '| 5321 | SMTP | planned | | |\n| 5321 | SMTP | planned | | |\n| 1870 | SIZE | planned | | |',
    ['RFC 5321 has two rows'],
  ],
}

for (const [what, [table, complaints]] of Object.entries(tables)) {
  test(`told apart: ${what}`, () => {
    assert.deepEqual(differences(rowsOf(table), citationsOf(code)), complaints)
  })
}

for (const line of ['| 5321 | SMTP | soon | | |', '| 5321 | SMTP | yes |', '| 53 | SMTP | yes | | |']) {
  test(`refused as a row: ${line}`, () => {
    assert.throws(() => rowsOf(line), assert.AssertionError)
  })
}
