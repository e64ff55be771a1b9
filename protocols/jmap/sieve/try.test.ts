/** SieveScript/try: what a script would have done, and that nothing of it is done. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createMailbox } from '#mail'
import { listQueue } from '#mail/outbound'
import { MOST_SCRIPT_BYTES, createScript } from '#mail/scripts'
import { letter, openMailReader, type MailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])

interface Tried extends Json {
  list: { emailId: string; actions: Json[]; fault: Json | null }[]
  isPartial: boolean
  error: Json | null
}

const tryOn = async (reader: MailReader, content: string, limit = 100): Promise<Tried> =>
  (await reader.call('SieveScript/try', { content, limit })) as Tried

/** Of a single letter in the inbox. */
async function actionsOf(content: string, raw: Buffer = letter()): Promise<[Json[], MailReader]> {
  const reader = await openMailReader(server)
  await reader.file('inbox', raw)
  const { list, isPartial, error } = await tryOn(reader, content)
  assert.deepEqual([error, isPartial, list.length, list[0]?.fault], [null, false, 1, null])
  return [list[0]?.actions ?? [], reader]
}

test('the newest letters that came are tried, newest first; drafts and what was sent are not', async () => {
  const reader = await openMailReader(server)
  const at = (hour: number) => ({ receivedAt: new Date(Date.UTC(2026, 8, 7, hour)) })
  const first = await reader.file('inbox', { subject: 'Offer' }, at(1))
  const second = await reader.file('archive', { subject: 'Bill' }, at(2))
  const junk = await reader.file('junk', { subject: 'Offer' }, at(3))
  const gone = await reader.file('trash', { subject: 'Else' }, at(4))
  await reader.file('sent', { subject: 'Offer' }, at(5))
  await reader.file('drafts', { subject: 'Offer' }, { keywords: ['$draft'], ...at(6) })
  await reader.file('inbox', { subject: 'Offer' }, { keywords: ['$draft'], ...at(7) })
  const script = 'if header "subject" "Offer" { discard; }'
  const { list } = await tryOn(reader, script)
  assert.deepEqual(
    list.map(({ emailId, actions }) => [emailId, ...actions.map(({ kind }) => kind)]),
    [
      [gone, 'keep'],
      [junk, 'discard'],
      [second, 'keep'],
      [first, 'discard'],
    ],
  )
  assert.deepEqual(
    (await tryOn(reader, script, 2)).list.map(({ emailId }) => emailId),
    [gone, junk],
  )
})

test('nothing is done, sent, made or remembered', async () => {
  const reader = await openMailReader(server)
  await reader.file('inbox', letter({ to: reader.person.address, headers: [] }))
  const states = async (): Promise<unknown[]> =>
    Promise.all(
      ['Email', 'Mailbox', 'SieveScript', 'Identity'].map(
        async (type) => (await reader.call(`${type}/get`, { ids: [] }))['state'],
      ),
    )
  const before = await states()
  const { list } = await tryOn(
    reader,
    `require ["fileinto", "mailbox", "copy", "imap4flags", "enotify", "duplicate", "editheader"];
     fileinto :create :flags ["\\\\Seen", "work"] "Never/Made";
     redirect :copy "cem@example.net";
     notify "mailto:dora@example.com";
     addheader "X-A" "b";
     if duplicate { discard; }`,
  )
  assert.deepEqual(list[0]?.actions, [
    { kind: 'fileinto', mailbox: 'Never/Made', mailboxId: null, flags: ['\\Seen', 'work'] },
    { kind: 'redirect', address: 'cem@example.net' },
    { kind: 'notify', address: 'dora@example.com' },
  ])
  assert.deepEqual(await states(), before)
  assert.deepEqual(await listQueue(server.storage), [])
})

test('a mailbox is told by where the letter would lie', async () => {
  const reader = await openMailReader(server)
  const projects = await reader.account.write((tx) => createMailbox(tx, { parentId: 0, name: 'Projekte' }))
  const garden = await reader.account.write((tx) => createMailbox(tx, { parentId: projects, name: 'Gärten' }))
  const id = `F${garden.toString(36)}`
  await reader.file('inbox')
  const filed = async (script: string): Promise<Json[]> =>
    (await tryOn(reader, `require ["fileinto", "special-use", "mailboxid", "mailbox"]; ${script}`)).list[0]?.actions ??
    []
  const here = [{ kind: 'fileinto', mailbox: 'Projekte/Gärten', mailboxId: id }]
  assert.deepEqual(await filed('fileinto "Projekte/Gärten";'), here)
  assert.deepEqual(await filed(`fileinto :mailboxid "${id}" "Else";`), here)
  assert.deepEqual(await filed('fileinto "Projekte/Rosen";'), [
    { kind: 'fileinto', mailbox: 'Projekte/Rosen', mailboxId: null },
  ])
  const junk = [{ kind: 'fileinto', mailbox: 'Junk', mailboxId: await reader.mailbox('junk') }]
  assert.deepEqual(await filed('fileinto :specialuse "\\\\Junk" "Else";'), junk)
  assert.deepEqual(await filed('fileinto "inbox";'), [
    { kind: 'fileinto', mailbox: 'INBOX', mailboxId: await reader.mailbox('inbox') },
  ])
  for (const holds of [
    'mailboxexists "Projekte/Gärten"',
    `mailboxidexists "${id}"`,
    'specialuse_exists "\\\\Junk"',
    'specialuse_exists "Junk" "\\\\Junk"',
    'not mailboxexists "Rosen"',
    'not mailboxidexists "Fzzzz"',
    'not specialuse_exists "INBOX" "\\\\Junk"',
  ])
    assert.deepEqual(await filed(`if ${holds} { discard; }`), [{ kind: 'discard' }], holds)
})

test('a letter is looked at as it was when it came', async () => {
  const raw = Buffer.concat([
    Buffer.from('Return-Path: <list-bounces@example.org>\r\n'),
    letter({ text: 'A word about tulips.' }),
  ])
  const [actions] = await actionsOf(
    `require ["envelope", "body", "date", "relational", "imap4flags"];
     if allof (envelope "from" "list-bounces@example.org", body :contains "TULIPS",
       currentdate :zone "+0000" "date" "2026-09-07", size :over 100) { addflag "$Label1"; }`,
    raw,
  )
  assert.deepEqual(actions, [{ kind: 'keep', flags: ['$Label1'] }])
})

test('answers and refusals are told, not given', async () => {
  const reader = await openMailReader(server)
  const raw = letter({ to: reader.person.address, headers: [`Return-Path: <bea@example.org>`] })
  await reader.file('inbox', raw)
  const one = async (script: string): Promise<unknown> => (await tryOn(reader, script)).list[0]?.actions
  assert.deepEqual(await one('require "vacation"; vacation "Away.";'), [
    { kind: 'vacation', address: 'bea@example.org' },
    { kind: 'keep' },
  ])
  assert.deepEqual(await one('require "reject"; reject "No.";'), [{ kind: 'reject' }])
})

test('a script that is kept may be included', async () => {
  const reader = await openMailReader(server)
  await reader.file('inbox')
  await createScript(reader.account, { name: 'rest', text: 'discard;' })
  const include = async (name: string): Promise<Tried['list'][0] | undefined> =>
    (await tryOn(reader, `require "include"; include ${name};`)).list[0]
  assert.deepEqual((await include('"rest"'))?.actions, [{ kind: 'discard' }])
  for (const missing of ['"none"', ':global "rest"'])
    assert.deepEqual((await include(missing))?.fault, { line: 1, column: 20, script: null })
})

test('a script that cannot go on keeps the letter, and says where', async () => {
  const reader = await openMailReader(server)
  await reader.file('inbox')
  const faulty = 'require ["fileinto", "variables"];\r\nif true {\r\n  set "a" "${unknown}";\r\n  fileinto "${a}"; }'
  const where: [script: string, fault: Json][] = [
    [
      Array.from({ length: 5 }, (_, i) => `redirect "a${i}@example.org";`).join('\n'),
      { line: 5, column: 1, script: null },
    ],
    [faulty, { line: 4, column: 3, script: null }],
    [
      'require ["regex", "variables"]; set "a" "(";\nif not header :regex "subject" "${a}" { discard; }',
      { line: 2, column: 8, script: null },
    ],
    ['require "include";\n\n\n\n\ninclude "in/ner";', { line: 4, column: 3, script: 'in/ner' }],
  ]
  await createScript(reader.account, { name: 'in/ner', text: faulty })
  for (const [script, fault] of where)
    assert.deepEqual(
      (await tryOn(reader, script)).list.map((one) => [one.actions, one.fault]),
      [[[{ kind: 'keep' }], fault]],
    )
})

test('a mistake is told with its place, and nothing is tried', async () => {
  const reader = await openMailReader(server)
  await reader.file('inbox')
  const { list, isPartial, error } = await tryOn(reader, 'keep;\n  nonsense;')
  assert.deepEqual([list, isPartial], [[], false])
  const { description, ...place } = error as { description: string }
  assert.deepEqual(place, { line: 2, column: 3 })
  assert.match(description, /nonsense/)
})

test('what is too much is refused', async () => {
  const reader = await openMailReader(server)
  const fail = async (args: Json): Promise<unknown> => (await reader.fail('SieveScript/try', args))['type']
  for (const limit of [0, 101, 1.5, '1', null])
    assert.equal(await fail({ content: 'keep;', limit }), 'invalidArguments')
  assert.equal(await fail({ limit: 1 }), 'invalidArguments')
  assert.equal(await fail({ content: `#${'x'.repeat(MOST_SCRIPT_BYTES)}`, limit: 1 }), 'requestTooLarge')
})

test('a script that is slow is stopped, and what it has looked at until then is told', async () => {
  const reader = await openMailReader(server)
  const field = `X-A: ${'ab'.repeat(500)}`
  for (let count = 0; count < 3; count++)
    await reader.file('inbox', letter({ headers: Array.from({ length: 3000 }, () => field) }))
  const { list, isPartial } = await tryOn(
    reader,
    'require "regex"; if header :regex "x-a" "(a|b|ab)*(a|b|ba)*(a|b)*c$" { discard; }',
  )
  assert.equal(isPartial, true)
  assert.deepEqual(
    list.map(({ fault }) => fault),
    [{ line: 1, column: 21, script: null }],
  )
})
