import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig, type Config } from '#system'
import { config, delivering, hasLeft, isPutOff, send, storage, until } from '#test/delivery'
import { startSink } from '#test/sink'
import { entriesAstray, localAddressFor, openDepartures } from './departures.ts'
import { queueCondition } from './condition.ts'

type Entries = Config['departures']

/** Entries as they are read from a settings file. */
function read(departures: object[]): Entries {
  const checked = checkConfig({ hostname: 'zegel.test', departures })
  assert.ok('settings' in checked, JSON.stringify(checked))
  return checked.settings.departures
}

const ENTRIES = read([
  { to: ['big.example', '*.big.example'], addresses: ['127.0.0.2'], heloName: 'out.zegel.test', maxDeliveries: 2 },
  { to: ['*.example'], addresses: ['127.0.0.3', '::1'] },
  { to: ['MX.Big.Example', 'big.example'], heloName: 'never.zegel.test' },
  { to: ['*'], heloName: 'rest.zegel.test' },
])

const FITS: [domain: string, name: string][] = [
  ['big.example', 'out.zegel.test'],
  ['mx.big.example', 'out.zegel.test'],
  ['a.b.big.example', 'out.zegel.test'],
  ['notbig.example', 'zegel.test'],
  ['example', 'rest.zegel.test'],
  ['one.test', 'rest.zegel.test'],
  ['[192.0.2.1]', 'rest.zegel.test'],
  ['constructor', 'rest.zegel.test'],
]
for (const [domain, heloName] of FITS)
  test(`letters to ${domain} leave under the name ${heloName}`, () => {
    assert.equal(openDepartures({ departures: ENTRIES, hostname: 'zegel.test' })(domain).heloName, heloName)
  })

test('without an entry letters leave as ever', () => {
  assert.deepEqual(openDepartures({ departures: [], hostname: 'zegel.test' })('one.example'), {
    name: '',
    addresses: [],
    heloName: 'zegel.test',
    maxDeliveries: undefined,
  })
})

const WRONG: Record<string, object> = {
  'no destination': { to: [] },
  'a pattern in the middle': { to: ['a.*.example'] },
  'a pattern of a part': { to: ['*big.example'] },
  'an address in place of a domain': { to: ['192.0.2.1/24'] },
  'two addresses of one family': { to: ['*'], addresses: ['192.0.2.1', '192.0.2.2'] },
  'an address that is a name': { to: ['*'], addresses: ['out.zegel.test'] },
  'a name that breaks the line': { to: ['*'], heloName: 'a\r\nMAIL FROM:<>' },
  'no delivery at all': { to: ['*'], maxDeliveries: 0 },
  'a setting that is none': { to: ['*'], address: '192.0.2.1' },
}
for (const [what, entry] of Object.entries(WRONG))
  test(`refused as an entry: ${what}`, () => {
    assert.ok('complaints' in checkConfig({ hostname: 'zegel.test', departures: [entry] }))
  })

test('a machine that is reached by a family without an address of ours is not asked from another', () => {
  const departure = openDepartures({ departures: read([{ to: ['*'], addresses: ['127.0.0.2'] }]), hostname: 'a.test' })(
    'x.test',
  )
  assert.equal(localAddressFor(departure, '192.0.2.1'), '127.0.0.2')
  assert.equal(localAddressFor(departure, '2001:db8::1'), 'none')
})

test('an address that the machine has not is found at the start', () => {
  const departures = read([
    { to: ['a.test'], addresses: ['127.0.0.9'] },
    { to: ['b.test'], addresses: ['192.0.2.7', '2001:db8::7'] },
    { to: ['c.test'], addresses: ['192.0.2.8'] },
    { to: ['d.test'] },
  ])
  const interfaces = { eth0: [{ address: '192.0.2.7' }, { address: '2001:db8::7' }] }
  assert.deepEqual(entriesAstray({ departures }, interfaces as never), [3])
})

test('a letter leaves from the address and under the name that are set for where it goes', async (t) => {
  const sink = await startSink(t)
  const seen: string[] = []
  sink.script = {
    EHLO: (name) => (socket) => {
      seen.push(`${name} from ${socket.remoteAddress}`)
      socket.write('250 sink.example\r\n')
    },
  }
  await delivering(t, {
    sinks: { 'big.example': sink, 'one.test': sink },
    settings: { departures: ENTRIES },
  })
  await hasLeft(await send({ to: ['bea@big.example'] }))
  await hasLeft(await send({ to: ['bea@one.test'] }))
  assert.deepEqual(seen, ['out.zegel.test from 127.0.0.2', 'rest.zegel.test from 127.0.0.1'])
  assert.deepEqual(sink.complaints, [])
})

test('no more letters at once than are set for where they go, while others go on', async (t) => {
  const sink = await startSink(t)
  const held: (() => void)[] = []
  sink.script = {
    content: () => (socket) => void held.push(() => socket.write('250 2.0.0 Taken\r\n')),
  }
  await delivering(
    t,
    {
      sinks: { 'big.example': sink, 'one.test': sink },
      settings: { departures: ENTRIES },
    },
    { connectMs: 3000, setupMs: 3000, silenceMs: 30_000, letterMs: 30_000 },
  )
  const big = await Promise.all(Array.from({ length: 6 }, () => send({ to: ['bea@big.example'] })))
  await until('two are under way', () => held.length === 2)
  const others = await Promise.all(Array.from({ length: 4 }, () => send({ to: ['bea@one.test'] })))
  await until('four others are as well', () => held.length === 6)
  assert.equal(sink.open(), 6)
  sink.script = {}
  for (const go of held) go()
  await Promise.all([...big, ...others].map(hasLeft))
  assert.equal(sink.count, 10)
})

test('an address that is not ours puts letters off, with a reason that the operator sees', async (t) => {
  const sink = await startSink(t)
  await delivering(t, {
    sinks: { 'big.example': sink },
    settings: { departures: read([{ to: ['big.example'], addresses: ['192.0.2.77'] }]) },
  })
  await isPutOff(await send({ to: ['bea@big.example'] }))
  assert.equal((await queueCondition(storage, config)).deferrals.noOwnAddress, 1)
  assert.equal(sink.connections, 0)
})
