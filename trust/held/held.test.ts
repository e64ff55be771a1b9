import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { openTestStorage, testDatabase } from '#test/database'
import { CATEGORIES } from './categories.ts'
import { refuseUnpromisedPurposes } from './index.ts'
import { STRUCTURE } from './structure.ts'
import { heldTexts } from './texts.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

const named = new Set(CATEGORIES.flatMap(({ tables }) => tables.map((table) => table.split('/', 1)[0] as string)))

test('every table of the database belongs to a category that its owner sees, or says why it is none', async () => {
  const { rows } = await storage.database.sql<{ name: string }>`
    select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'keys') order by 1`
  const tables = rows.map(({ name }) => name)
  assert.ok(tables.length > 40, 'the catalogue was read')
  assert.deepEqual(
    tables.filter((name) => !named.has(name) && STRUCTURE[name] === undefined),
    [],
  )
  assert.deepEqual(
    [...named, ...Object.keys(STRUCTURE)].filter((name) => !tables.includes(name)),
    [],
    'a category names a table that there is none of',
  )
  assert.deepEqual(
    Object.keys(STRUCTURE).filter((name) => named.has(name)),
    [],
  )
})

test('what is passed off as structure has nothing sealed in it, but for what is nobody’s any more, the keys of domains and what is reported about them, what is known of the servers of other domains, and the staff’s own', async () => {
  const { rows } = await storage.database.sql<{ name: string }>`
    select distinct c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and a.atttypid = 'bytea'::regtype
    where c.relkind in ('r', 'p') and not c.relispartition and n.nspname = 'public'`
  const sealed = rows.map(({ name }) => name).filter((name) => STRUCTURE[name] !== undefined)
  const ofStaff = /^(?:staff|desk)(?:_|$)/
  assert.deepEqual(sealed.filter((name) => !ofStaff.test(name)).toSorted(), [
    'access_chain',
    'access_head',
    'acme_account',
    'dkim_key',
    'dmarc_arrival',
    'domain_report',
    'former_address',
    'legal_event',
    'receipt',
    'report_letter',
    'report_sent',
    'spent_challenge',
    'sts_policy',
    'tls_key',
    'tls_session',
  ])
})

/** Kinds of records are words in the code: whoever makes a new one has to say here, and to its owner, what it is for. */
test('every kind of record belongs to a category', () => {
  const root = resolve(import.meta.dirname, '../..')
  const kinds = new Set<string>()
  for (const file of globSync('{mail,protocols,accounts,contacts,calendars,documents}/**/*.ts', { cwd: root })) {
    if (file.endsWith('.test.ts')) continue
    const text = readFileSync(join(root, file), 'utf8')
    if (!/\b(?:addRecord|recordMethods)\b/.test(text)) continue
    for (const [, kind = ''] of text.matchAll(/const [A-Z]+ = '([a-z][A-Za-z]+)'/g)) kinds.add(kind)
    for (const [, kind = ''] of text.matchAll(/\bkind: '([a-z][A-Za-z]+)'/g)) kinds.add(kind)
  }
  assert.ok(kinds.has('template') && kinds.has('identity') && kinds.size > 12, 'the code was read')
  for (const { tables } of CATEGORIES) for (const table of tables) kinds.delete(table.replace(/^record\//, ''))
  // What is looked up by, and how a reminder came about.
  for (const other of ['only', 'all', 'followUp', 'mail']) kinds.delete(other)
  assert.deepEqual([...kinds], [])
})

for (const [language, { categories, ...texts }] of Object.entries(heldTexts))
  test(`what is held is said in ${language}, and nothing is said of what there is none of`, () => {
    assert.deepEqual(
      Object.keys(categories),
      Object.keys(heldTexts.en.categories),
      'the same categories, in the same order',
    )
    assert.deepEqual(new Set(Object.keys(categories)), new Set(CATEGORIES.map(({ name }) => name)))
    for (const { name, vanishing } of CATEGORIES) {
      const { fields, stays, ends } = categories[name] as (typeof categories)[string]
      const english = heldTexts.en.categories[name] as (typeof categories)[string]
      assert.equal(fields.length, english.fields.length, name)
      assert.equal(stays === undefined, vanishing !== undefined, `${name}: either it can vanish, or it is said why not`)
      assert.deepEqual(ends.match(/\{\w+\}/g), english.ends.match(/\{\w+\}/g), name)
    }
    const { categories: _, ...english } = heldTexts.en
    assert.deepEqual(shape(texts), shape(english))
    assert.doesNotMatch(JSON.stringify([categories, texts]), /!|\u2014|""/)
  })

/** Keys, and the gaps of each text. */
function shape(value: unknown): unknown {
  if (typeof value === 'string') return (value.match(/\{\w+\}/g) ?? []).toSorted()
  return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, shape(inner)]))
}

test('promise 10: nothing is kept for a purpose that was not promised, or the server does not start', (t) => {
  refuseUnpromisedPurposes(config)
  const folder = mkdtempSync(join(tmpdir(), 'zegel-purposes-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const promises = join(folder, 'promises.toml')
  const shipped = readFileSync(resolve(import.meta.dirname, '../../policy/promises.toml'), 'utf8')
  writeFileSync(promises, shipped.replace(/^collected = .*$/m, 'collected = ["payments", "support", "requests"]'))
  assert.throws(
    () => refuseUnpromisedPurposes({ policy: { ...config.policy, promises } }),
    (error: { reason: string; fields: string[] }) =>
      error.reason === 'invalid' && /promise 10: "journal" is kept for checks/.test(error.fields.join('\n')),
  )
})
