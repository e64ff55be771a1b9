import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { startNameServer } from '#test/name-server'
import { putRecord } from '#test/zone'
import { domainCommands } from './domain.ts'
import { EXIT } from './command.ts'

const servesNothing = (): Promise<never> => Promise.reject(new Error('nothing is served here'))
const { config } = await testDatabase()
const storage = await openTestStorage({ after })

interface Shown {
  domain: string
  records: {
    kind: string
    name: string
    type: string
    value: string
    need: string
    standing: string
    found: string[]
  }[]
}

interface Printed<Value> {
  code: number
  text: string
  value: Value
}

/** What a command prints while the DNS is as the name server says. */
const asking =
  (nameServer: string) =>
  async <Value = Shown>(line: string): Promise<Printed<Value>> => {
    const command = domainCommands.find(({ name }) => line.startsWith(name))
    assert.ok(command)
    const given = line.slice(command.name.length).split(' ').filter(Boolean)
    let printed = { text: '', value: undefined as unknown }
    const code = await command.run({
      positionals: given.filter((one) => !one.startsWith('--')),
      options: { zone: given.includes('--zone') },
      log: silent,
      program: { parts: [], serve: servesNothing, serveDesk: servesNothing },
      print: (value, asText) => (printed = { text: asText(), value }),
      noteLook: async () => undefined,
      withStorage: (work) => work(storage, { ...config, addresses: ['198.51.100.7'], dns: { servers: [nameServer] } }),
    })
    return { code, text: printed.text, value: printed.value as Value }
  }

test('a new domain is told what to put into the DNS, and what is there says right, wrong or missing', async (t) => {
  const names = await startNameServer(t, {})
  const run = asking(names.address)
  const added = await run('domain add Tulips.example')
  assert.equal(added.code, EXIT.ok)
  const { records } = added.value
  assert.deepEqual(
    [...new Set(records.map(({ kind, need, standing }) => `${kind} ${need} ${standing}`))],
    [
      'address needed missing',
      'reverse needed missing',
      'mx needed missing',
      'spf needed missing',
      'dkim needed missing',
      'dmarc needed missing',
      'mtaSts needed missing',
      'tlsRpt useful missing',
      'srv useful missing',
      'autoconfig useful missing',
    ],
  )
  const [rsa, ed] = records.filter(({ kind }) => kind === 'dkim')
  assert.ok(rsa !== undefined && ed !== undefined)
  assert.match(rsa.name, /^z\d{8}-rsa\._domainkey\.tulips\.example$/)
  assert.match(rsa.value, /^v=DKIM1; k=rsa; p=MIIBIjAN[\w+/]{384}$/)
  assert.match(ed.name, /^z\d{8}-ed25519\._domainkey\.tulips\.example$/)
  assert.match(ed.value, /^v=DKIM1; k=ed25519; p=[\w+/]{43}=$/)
  assert.match(added.text, /^Mail for Tulips\.example is taken\.\n\nTulips\.example: 21 missing\n/)
  assert.match(added.text, /\n {2}missing {2}DKIM {9}z\d+-rsa\._domainkey\.tulips\.example\. TXT\n/)
  assert.match(added.text, /\n\nMX: missing\n {2}tulips\.example\. MX\n {2}should be: 10 zegel\.test\n/)
  assert.match(added.text, /\n\nNext: give the server its own records/)
  assert.match((await run<unknown>('domain list')).text, /^tulips\.example {2}DKIM: letters leave unsigned$/m)

  for (const record of records) putRecord(names.zone, record)
  names.zone[ed.name] = { TXT: [`${ed.value}x\x1b[2J`] }
  const wrong = await run('domain show tulips.example')
  assert.equal(wrong.code, EXIT.refused)
  assert.deepEqual(
    wrong.value.records.filter(({ standing }) => standing !== 'right').map(({ kind, standing }) => [kind, standing]),
    [['dkim', 'wrong']],
  )
  assert.match(wrong.text, /^tulips\.example: 20 right, 1 wrong$/m)
  assert.match(wrong.text, /^DKIM: wrong$/m)
  assert.match(wrong.text, / {2}there is: v=DKIM1; k=ed25519; p=[\w+/=]+x\?\[2J$/m)
  assert.match(wrong.text, /^Next: put these records into the zone of the domain/m)
  assert.match((await run<unknown>('domain list')).text, /^tulips\.example {2}DKIM: one signature of two$/m)

  names.zone[ed.name] = { TXT: [ed.value] }
  const right = await run('domain show tulips.example')
  assert.equal(right.code, EXIT.ok)
  assert.match(right.text, /^tulips\.example: 21 right$/m)
  assert.match(right.text, /^DMARC: others only tell what they see\./m)
  assert.match(right.text, /Nothing is left to do\.$/)
  assert.match((await run<unknown>('domain list')).text, /^tulips\.example$/m)

  delete names.zone['_jmap._tcp.tulips.example']
  const useful = await run('domain show tulips.example')
  assert.equal(useful.code, EXIT.ok)
  assert.match(useful.text, /Nothing is needed; what is left makes some things better\.$/)
})

test('the records are given as lines of a zone file, each string of 255 bytes at most', async (t) => {
  const names = await startNameServer(t, {})
  const run = asking(names.address)
  const { value } = await run('domain add zone.example')
  const { text } = await run('domain show zone.example --zone')
  const lines = text.split('\n').filter((line) => line.includes('_domainkey'))
  const keys = value.records.filter(({ kind }) => kind === 'dkim')
  assert.equal(lines.length, 2)
  for (const [i, line] of lines.entries()) {
    const [, name, strings = ''] = /^(\S+)\. 3600 IN TXT ("[^]+")$/.exec(line) ?? []
    const parts = strings.slice(1, -1).split('" "')
    assert.ok(parts.every((part) => part.length <= 255))
    assert.deepEqual([name, parts.join('')], [keys[i]?.name, keys[i]?.value])
  }
})

test('new keys are made when the operator wants them, and wait for their records beside the old ones', async (t) => {
  const names = await startNameServer(t, {})
  const run = asking(names.address)
  const { value } = await run('domain add rotate.example')
  for (const record of value.records) putRecord(names.zone, record)
  await run('domain show rotate.example')
  const rotated = await run('domain rotate rotate.example')
  assert.deepEqual(
    rotated.value.records
      .filter(({ kind }) => kind === 'dkim')
      .map(({ name, standing }) => [/^z\d{8}b-/.test(name), standing]),
    [
      [true, 'missing'],
      [true, 'missing'],
      [false, 'right'],
      [false, 'right'],
    ],
  )
  assert.match((await run<unknown>('domain list')).text, /^rotate\.example {2}DKIM: new keys wait for their records$/m)
  for (const record of rotated.value.records) putRecord(names.zone, record)
  const shown = await run('domain show rotate.example')
  assert.match(shown.text, /right {2}DKIM .* for letters that are still under way$/m)
})

test('a name server that is silent is told, and no record is called missing', async (t) => {
  const names = await startNameServer(t, {})
  const run = asking(names.address)
  const { value } = await run('domain add silent.example')
  for (const { name } of value.records) names.zone[name] = 'SERVFAIL'
  names.zone['_dmarc.example'] = 'SERVFAIL'
  const { text, value: shown, code } = await run('domain show silent.example')
  assert.equal(code, EXIT.refused)
  assert.deepEqual([...new Set(shown.records.map(({ standing }) => standing))], ['silent'])
  assert.match(text, /No name server told about the rest\. Ask again, or see to dns\.servers\.$/)
  assert.match(text, /^silent\.example: 21 not known$/m)
})

test('a domain that is not served here has no records', async (t) => {
  const names = await startNameServer(t, {})
  const run = asking(names.address)
  for (const line of ['domain show strange.example', 'domain rotate strange.example', 'domain show not_a_domain'])
    await assert.rejects(run(line), { reason: 'notFound' })
  const { rowCount } = await storage.database.sql`select from dkim_key where domain = 'strange.example'`
  assert.equal(rowCount, 0)
})
