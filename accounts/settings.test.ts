import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OpenAccount, Storage } from '#storage'
import { Refusal } from '#system'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { readSettings, settingsState, writeSettings, type Settings } from './index.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

async function newAccount(language?: Settings['language']): Promise<OpenAccount> {
  const { id } = await addPerson(storage, { language })
  return storage.openAccount(id)
}

const OTHERS = {
  undoSeconds: 10,
  remotePictures: 'ask',
  composeFormat: 'rich',
  singleKeys: true,
  notifications: false,
  copySent: false,
}

test('a new account has the language it was made with and a default for everything else', async () => {
  const account = await newAccount('nl')
  assert.deepEqual(await readSettings(account), {
    language: 'nl',
    timeZone: 'Europe/Brussels',
    theme: 'system',
    density: 'regular',
    labels: {},
    ...OTHERS,
  })
  assert.equal(await settingsState(account), 1)
})

test('what is written is read again, and what is not named stays', async () => {
  const account = await newAccount('fr')
  const labels = {
    'work-2026': { name: 'Työ 🗂', color: 3 as const },
    $important: { name: 'Important', color: 6 as const },
  }
  const written = await writeSettings(account, { timeZone: 'Asia/Kolkata', theme: 'dark', labels })
  const expected = { language: 'fr', timeZone: 'Asia/Kolkata', theme: 'dark', density: 'regular', labels, ...OTHERS }
  assert.deepEqual(written, expected)
  assert.deepEqual(await readSettings(account), expected)
  await writeSettings(account, { labels: {}, density: 'compact' })
  assert.deepEqual(await readSettings(account), { ...expected, labels: {}, density: 'compact' })
})

test('their state is the change that last touched them, and stays with other changes', async () => {
  const account = await newAccount()
  await writeSettings(account, { theme: 'light' })
  assert.equal(await settingsState(account), 2)
  await account.write(async () => undefined)
  assert.equal(await settingsState(account), 2)
})

test('writes from several windows at once all arrive', async () => {
  const account = await newAccount()
  await Promise.all([
    writeSettings(account, { theme: 'dark' }),
    writeSettings(account, { density: 'relaxed' }),
    writeSettings(account, { language: 'de' }),
  ])
  const { theme, density, language } = await readSettings(account)
  assert.deepEqual({ theme, density, language }, { theme: 'dark', density: 'relaxed', language: 'de' })
})

const manyLabels = (count: number): Settings['labels'] =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`label-${i}`, { name: `Label ${i}`, color: 1 as const }]))

test('two hundred labels with names of a hundred characters fit', async () => {
  const account = await newAccount()
  const labels = Object.fromEntries(
    Object.entries(manyLabels(200)).map(([keyword, label]) => [keyword, { ...label, name: 'é'.repeat(100) }]),
  )
  await writeSettings(account, { labels })
  assert.deepEqual((await readSettings(account)).labels, labels)
})

test('a keyword that names the prototype of all objects is not kept and changes none', async () => {
  const account = await newAccount()
  const patch = JSON.parse('{"labels":{"__proto__":{"name":"Work","color":1}}}') as Partial<Settings>
  assert.deepEqual((await writeSettings(account, patch)).labels, {})
  assert.equal('color' in {}, false)
})

const label = (value: unknown, keyword = 'work'): unknown => ({ labels: Object.fromEntries([[keyword, value]]) })
const refused: Record<string, [patch: unknown, fields: string[]]> = {
  'nothing at all': [null, ['settings']],
  'a list': [[], ['settings']],
  'a setting that does not exist': [{ isOperator: true }, ['settings']],
  'a language we do not speak': [{ language: 'tlh' }, ['language']],
  'a place that is not': [{ timeZone: 'Europe/Atlantis' }, ['timeZone']],
  'an offset for a time zone': [{ timeZone: '+01:00' }, ['timeZone']],
  'a time zone of a megabyte': [{ timeZone: 'A'.repeat(1 << 20) }, ['timeZone']],
  'null for a setting': [{ theme: null }, ['theme']],
  'two faults at once': [{ theme: 'pink', density: 1 }, ['theme', 'density']],
  '201 labels': [{ labels: manyLabels(201) }, ['labels']],
  'a label without a name': [label({ name: '  ', color: 1 }), ['labels']],
  'a label of 101 characters': [label({ name: 'x'.repeat(101), color: 1 }), ['labels']],
  'a seventh colour': [label({ name: 'Work', color: 7 }), ['labels']],
  'something more in a label': [label({ name: 'Work', color: 1, secret: 1 }), ['labels']],
  'a keyword with a space': [label({ name: 'Work', color: 1 }, 'my work'), ['labels']],
  'a keyword in capitals': [label({ name: 'Work', color: 1 }, 'Work'), ['labels']],
  'an empty keyword': [label({ name: 'Work', color: 1 }, ''), ['labels']],
  'a keyword with a bracket': [label({ name: 'Work', color: 1 }, 'a]b'), ['labels']],
  'a keyword of 256 characters': [label({ name: 'Work', color: 1 }, 'a'.repeat(256)), ['labels']],
}
for (const [what, [patch, fields]] of Object.entries(refused)) {
  test(`refused without a trace, and without repeating it: ${what}`, async () => {
    const account = await newAccount()
    await assert.rejects(writeSettings(account, patch as Partial<Settings>), (error) => {
      assert.ok(error instanceof Refusal)
      assert.deepEqual([error.reason, error.fields], ['invalid', fields])
      return true
    })
    assert.equal(await settingsState(account), 1)
  })
}
