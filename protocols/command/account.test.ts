import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  addressesOf,
  asksFactor,
  createDomain,
  findAccount,
  findAddressee,
  sendingStanding,
  stopAccount,
} from '#accounts'
import { listQueue, showOwnLetter } from '#mail/outbound'
import { noteReport } from '#mail/reports'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { addAppCodes, addPerson, addRecovery } from '#test/people'
import { accountCommands } from './account.ts'
import { aliasCommands } from './alias.ts'
import { noteLookBy } from './look.ts'
import { EXIT, type Command } from './command.ts'
import { reportsCommands } from './reports.ts'

const servesNothing = (): Promise<never> => Promise.reject(new Error('nothing is served here'))

const { config } = await testDatabase()
const storage = await openTestStorage({ after })

/** What a command prints, as text. */
async function run(commands: readonly Command[], name: string, ...positionals: string[]): Promise<string> {
  const command = commands.find((one) => one.name === name)
  assert.ok(command)
  let printed = ''
  const code = await command.run({
    positionals,
    options: {},
    log: silent,
    program: { parts: [], serve: servesNothing, serveDesk: servesNothing },
    print: (_value, asText) => void (printed = asText()),
    noteLook: noteLookBy(command, { purpose: 'checks', reference: 'test' }),
    withStorage: (work) => work(storage, config),
  })
  assert.equal(code, EXIT.ok)
  return printed
}

test('an operator sees for what an account was stopped, and lets it send again', async () => {
  const { id, address } = await addPerson(storage)
  await stopAccount(storage, id, ['burst', 'junkWords', 'newCountry'], async () => undefined)
  assert.match(await run(accountCommands, 'account show', address), /stoppedFor +burst,junkWords,newCountry/)
  assert.equal(
    await run(accountCommands, 'account resume', address),
    `Account ${id} may send again; letters that wait leave.`,
  )
  assert.equal((await findAccount(storage, address))?.state, 'open')
  assert.equal(await run(accountCommands, 'account resume', address), `Account ${id} was not stopped.`)
  await assert.rejects(run(accountCommands, 'account resume', 'nobody@zegel.test'), { reason: 'addressUnknown' })
})

test('a closed account is not opened by it', async () => {
  const { id, address } = await addPerson(storage)
  await storage.database.sql`update account set state = 'closed' where account_id = ${id}`
  assert.equal(await run(accountCommands, 'account resume', address), `Account ${id} was not stopped.`)
  assert.equal((await findAccount(storage, address))?.state, 'closed')
})

test('an operator vouches for an account that began small', async () => {
  const { id, address } = await addPerson(storage, { beginsSmall: true })
  await run(accountCommands, 'account trust', address)
  assert.equal((await sendingStanding(storage.database.sql, id))?.beginsSmall, false)
  await assert.rejects(run(accountCommands, 'account trust', 'nobody@zegel.test'), { reason: 'addressUnknown' })
})

test('an operator sees about whom people complained, and how often', async () => {
  const { id: operator } = await addPerson(storage, { isOperator: true })
  const { id, address } = await addPerson(storage)
  assert.equal(await run(reportsCommands, 'reports'), 'Nobody has complained.')
  const report = (from: string, messageId: string): Buffer =>
    Buffer.from(
      [
        'Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n',
        '--b\r\nContent-Type: message/feedback-report\r\n',
        'Feedback-Type: abuse',
        `--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: ${from}\r\nMessage-ID: <${messageId}>\r\n`,
        '--b--\r\n',
      ].join('\r\n'),
    )
  for (const [from, messageId] of [
    [address, 'a@zegel.test'],
    [address, 'b@zegel.test'],
    [address, 'b@zegel.test'],
    ['stranger@example.net', 'c@example.net'],
  ] as const)
    await noteReport(storage, report(from, messageId), [operator])
  const lines = (await run(reportsCommands, 'reports')).split('\n')
  assert.equal(lines.length, 2)
  assert.match(lines.join('\n'), new RegExp(`^\\S+ +abuse +2 +${id} +${address}$`, 'm'))
  assert.match(lines.join('\n'), /^\S+ +abuse +1 +not ours +stranger@example\.net$/m)
})

test('an operator closes an account and reopens it, but never closes the last operator', async () => {
  const { id, address } = await addPerson(storage)
  assert.match(
    await run(accountCommands, 'account close', address),
    /^Account \d+ is closed\. It can be reopened until \d{4}-\d\d-\d\d, and is erased on \d{4}-\d\d-\d\d\.$/,
  )
  assert.equal((await findAccount(storage, address))?.state, 'closed')
  await assert.rejects(run(accountCommands, 'account close', address), { reason: 'addressClosed' })
  assert.equal(await run(accountCommands, 'account reopen', address), `Account ${id} is open again.`)
  assert.equal((await findAccount(storage, address))?.state, 'open')
  await assert.rejects(run(accountCommands, 'account reopen', address), { fields: ['That account is not closed.'] })
  await storage.database.sql`update account set is_operator = false`
  const operator = await addPerson(storage, { isOperator: true })
  await assert.rejects(run(accountCommands, 'account close', operator.address), { reason: 'forbidden' })
})

test('an operator sees whether an account asks for a second factor, and takes it away, which its owner is told', async () => {
  const person = await addPerson(storage)
  const { id, address } = person
  await addRecovery(storage, person, 'hanne@example.org')
  assert.match(await run(accountCommands, 'account show', address), /secondFactor +false/)
  await addAppCodes(storage, person)
  assert.match(await run(accountCommands, 'account show', address), /secondFactor +true/)

  const take = accountCommands.find(({ name }) => name === 'account factors')
  assert.ok(take)
  const words: string[] = []
  const asked = {
    positionals: [address],
    log: silent,
    program: { parts: [], serve: servesNothing, serveDesk: servesNothing },
    print: (_value: unknown, asText: () => string) => void words.push(asText()),
    noteLook: async () => undefined,
    withStorage: <T>(work: (given: typeof storage, settings: typeof config) => Promise<T>) => work(storage, config),
  }
  assert.equal(await take.run({ ...asked, options: {} }), EXIT.usage)
  assert.equal(await asksFactor(storage, id), true)
  for (let i = 0; i < 2; i++) assert.equal(await take.run({ ...asked, options: { remove: true } }), EXIT.ok)
  assert.match(words.join('\n'), /has no second factor any more.*\n.*asked for no second factor/)
  assert.equal(await asksFactor(storage, id), false)
  const letters = await Promise.all((await listQueue(storage)).map((letter) => showOwnLetter(storage, letter.id)))
  const to = letters
    .filter(({ text }) => text.includes('removed every second factor'))
    .map(({ fields }) => fields.find(({ name }) => name === 'To')?.value)
  assert.deepEqual(to.toSorted(), ['hanne@example.org', address].toSorted())
})

test('an operator gives an account an alias in any served domain, sees it, and takes it away', async () => {
  await createDomain(storage, 'alias.example')
  const { id, address } = await addPerson(storage)
  const alias = 'info@alias.example'
  await run(aliasCommands, 'account alias add', address, alias)
  assert.equal(await findAddressee(storage, alias), id)
  assert.equal(await run(aliasCommands, 'account alias list', address), `${address}\n${alias}`)
  const other = await addPerson(storage)
  await assert.rejects(run(aliasCommands, 'account alias add', other.address, alias), { reason: 'addressTaken' })
  await assert.rejects(run(aliasCommands, 'account alias remove', other.address, alias), { reason: 'notFound' })
  await assert.rejects(run(aliasCommands, 'account alias add', address, 'info@example.org'), {
    reason: 'domainUnknown',
  })
  await assert.rejects(run(aliasCommands, 'account alias remove', address, address), { reason: 'forbidden' })
  await run(aliasCommands, 'account alias remove', alias, alias)
  assert.equal(await findAddressee(storage, alias), undefined)
  assert.deepEqual(await addressesOf(storage, id), [address])
})
