import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { enqueue, prepareLetter, sendOwnLetter } from '#mail/outbound'
import { Refusal, type Config } from '#system'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { noteLookBy } from './look.ts'
import { EXIT } from './command.ts'
import { queueCommands } from './queue.ts'

const servesNothing = (): Promise<never> => Promise.reject(new Error('nothing is served here'))

const { config } = await testDatabase()
const storage = await openTestStorage({ after })
await addPerson(storage)
beforeEach(async () => void (await storage.database.sql`delete from queue_letter`))

/** What a command prints, as text and as the value that --json shows. */
async function run(line: string, settings: Config = config): Promise<{ text: string; value: unknown }> {
  const command = queueCommands.find(({ name }) => line.startsWith(name))
  assert.ok(command)
  const positionals = line.slice(command.name.length).split(' ').filter(Boolean)
  let printed = { text: '', value: undefined as unknown }
  const code = await command.run({
    positionals,
    options: {},
    log: silent,
    program: { parts: [], serve: servesNothing, serveDesk: servesNothing },
    print: (value, asText) => (printed = { text: asText(), value }),
    noteLook: noteLookBy(command, { purpose: 'checks', reference: 'test' }),
    withStorage: (work) => work(storage, settings),
  })
  assert.equal(code, EXIT.ok)
  return printed
}

const sendCode = (): Promise<number> =>
  sendOwnLetter(storage, {
    to: 'bea@example.org',
    subject: 'Ihr Code für Zegel',
    text: 'Der Code lautet 123456.\n',
    language: 'de',
  })

async function sendPersonal(): Promise<number> {
  const letter = await prepareLetter(storage, {
    accountId: 7,
    mailFrom: 'anna@zegel.test',
    recipients: [{ address: 'bea@example.org' }, { address: 'carl@example.net' }],
    content: Buffer.from('Subject: Tulips\r\n\r\nRed ones.\r\n'),
  })
  return storage.database.transaction((sql) => enqueue(sql, letter))
}

test('an operator sees what waits and where it goes, and nobody’s address', async () => {
  assert.equal((await run('queue list')).text, 'The queue is empty.')
  const [own, personal] = [await sendCode(), await sendPersonal()]
  const { text, value } = await run('queue list')
  assert.match(text, new RegExp(`^${own} +\\d+ +\\d+ s +waiting, own +0 +now +example\\.org$`, 'm'))
  assert.match(text, new RegExp(`^${personal} +30 +\\d+ s +waiting +0 +now +example\\.net example\\.org \\(2\\)$`, 'm'))
  assert.doesNotMatch(text + JSON.stringify(value), /anna|bea|carl|Tulips/)
})

test('in a trial the letter with the code can be read', async () => {
  const { text } = await run(`queue show ${await sendCode()}`)
  assert.match(text, /^To: bea@example\.org$/m)
  assert.match(text, /^Subject: Ihr Code für Zegel$/m)
  assert.match(text, /\n\nDer Code lautet 123456\./)
})

test('a letter that a person wrote is shown to no operator', async () => {
  await assert.rejects(run(`queue show ${await sendPersonal()}`), { reason: 'forbidden' })
})

test('outside a trial no letter is shown', async () => {
  const id = await sendCode()
  await assert.rejects(run(`queue show ${id}`, { ...config, trial: false }), (error: unknown) => {
    assert.ok(error instanceof Refusal)
    assert.deepEqual([error.reason, error.fields], ['forbidden', ['Letters are shown in a trial only.']])
    return true
  })
})

test('a letter is tried again, or removed, by its number', async () => {
  const id = await sendPersonal()
  assert.deepEqual((await run(`queue retry ${id}`)).value, { id })
  assert.deepEqual((await run(`queue remove ${id}`)).value, { id })
  for (const command of ['show', 'retry', 'remove'])
    await assert.rejects(run(`queue ${command} ${id}`), { reason: 'notFound' })
})

for (const id of ['x', '-1', '1.5', '99999999999999999', "1' or '1'='1"])
  test(`refused as a number: ${id}`, async () => {
    await assert.rejects(run(`queue remove ${id}`), { reason: 'invalid' })
  })
