/** What arrives is filed by the script of whom it is for: from the wire to the folder, with no more rights than the receiver has. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { stopAccount } from '#accounts'
import { rememberCorrespondents } from '#mail/correspondents'
import { countByScript } from '#mail/limits'
import { activateScript, createScript, updateScript } from '#mail/scripts'
import { addPerson, type Person } from '#test/people'
import { createStandardMailboxes } from '#mail'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { startServer } from '#test/server'
import { startSink } from '#test/sink'
import { dialSmtp } from '#test/smtp'
import { until } from '#test/until'
import { queueIsEmpty } from '#test/queue'

const outside = await startSink({ after })
const server = await startServer({ after }, { routes: { 'example.net': `127.0.0.1:${outside.port}` } }, [
  'smtp',
  'http',
  'queue',
])
const { storage } = server

interface Owner {
  person: Person
  jmap: JmapClient
  /** Id of the active script. */
  script: number
}

async function owner(text: string): Promise<Owner> {
  const person = await addPerson(storage, {}, createStandardMailboxes)
  const account = await storage.openAccount(person.id)
  const script = await createScript(account, { name: 'main', text })
  await activateScript(account, script)
  return { person, jmap: await openJmapClient(server, person), script }
}

interface Letter {
  from?: string
  mailFrom?: string
  subject?: string
  fields?: string
  text?: string
  date?: string
}

/** @returns what the server said in the end */
async function arrive(
  t: { after(undo: () => void): void },
  to: readonly Owner[],
  letter: Letter = {},
): Promise<string> {
  const {
    from = 'Bea Blum <bea@example.net>, c@example.net',
    mailFrom = 'bea@example.net',
    subject = 'Tulips',
    fields = '',
    text = 'Red.',
    date = new Date().toUTCString(),
  } = letter
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say(`MAIL FROM:<${mailFrom}>`)
  for (const { person } of to) await smtp.say(`RCPT TO:<${person.address}>`)
  await smtp.say('DATA')
  const head = `From: ${from}\r\nTo: ${to.map(({ person }) => person.address).join(', ')}\r\nDate: ${date}\r\n`
  return smtp.say(
    `${head}Message-ID: <${crypto.randomUUID()}@example.net>\r\n${fields}Subject: ${subject}\r\n\r\n${text}\r\n.`,
  )
}

/** Where letters lie: folder, subject and keywords, in no order. */
async function filed({ jmap }: Owner): Promise<string[]> {
  const { list: folders } = await jmap.call('Mailbox/get', { properties: ['name', 'parentId'] })
  const { ids } = await jmap.call('Email/query', {})
  const { list } = await jmap.call('Email/get', { ids, properties: ['mailboxIds', 'keywords', 'subject'] })
  const names = new Map(
    (folders as { id: string; name: string; parentId: string | null }[]).map((one) => [one.id, one]),
  )
  const pathOf = (id: string): string => {
    const folder = names.get(id)
    return folder === undefined
      ? '?'
      : folder.parentId === null
        ? folder.name
        : `${pathOf(folder.parentId)}/${folder.name}`
  }
  return (list as { mailboxIds: object; keywords: object; subject: string }[])
    .map((one) =>
      `${Object.keys(one.mailboxIds).map(pathOf).toSorted().join('+')}: ${one.subject} ${Object.keys(one.keywords).toSorted().join(' ')}`.trim(),
    )
    .toSorted()
}

async function fateOf({ jmap }: Owner): Promise<[fate: string, findings: string[]]> {
  const { ids } = await jmap.call('Story/query', {})
  const { list } = await jmap.call('Story/get', { ids: (ids as string[]).slice(0, 1) })
  const [story] = list as { fate: string; findings: { name: string }[] }[]
  return [
    story?.fate ?? '',
    (story?.findings ?? []).map(({ name }) => name).filter((name) => name.startsWith('script')),
  ]
}

const FILED: [what: string, script: string, letter: Letter, where: string[], fate: string][] = [
  ['a script that does nothing keeps it in the inbox', 'stop;', {}, ['Inbox: Tulips'], 'inbox'],
  [
    'a folder that is there',
    'require "fileinto"; if header :contains "subject" "tulip" { fileinto "Archive"; }',
    {},
    ['Archive: Tulips'],
    'inbox',
  ],
  [
    'a folder that is made, with the one it lies in',
    'require ["fileinto", "mailbox"]; fileinto :create "Garden/Bulbs";',
    {},
    ['Garden/Bulbs: Tulips'],
    'inbox',
  ],
  ['a folder that is nowhere', 'require "fileinto"; fileinto "Garden";', {}, ['Inbox: Tulips'], 'inbox'],
  [
    'a folder by its use',
    'require ["fileinto", "special-use"]; fileinto :specialuse "\\\\Trash" "Wherever";',
    {},
    ['Trash: Tulips'],
    'inbox',
  ],
  [
    'the inbox and a folder, with flags and a label',
    'require ["fileinto", "imap4flags", "copy"]; setflag ["\\\\Seen", "Garden"]; fileinto :copy "Archive"; keep;',
    {},
    ['Archive+Inbox: Tulips $seen garden'],
    'inbox',
  ],
  [
    'copies that differ are two letters',
    'require ["fileinto", "imap4flags", "copy"]; fileinto :copy :flags "\\\\Flagged" "Archive"; keep;',
    {},
    ['Archive: Tulips $flagged', 'Inbox: Tulips'],
    'inbox',
  ],
  [
    'a subject that the script writes',
    'require "editheader"; deleteheader "Subject"; addheader "Subject" "[Garden] Tulips";',
    {},
    ['Inbox: [Garden] Tulips'],
    'inbox',
  ],
  ['nothing of what is discarded', 'discard;', {}, [], 'dropped'],
  [
    'a fault keeps it, and is told with its line',
    'require ["fileinto", "variables"];\nset "a" "${unknown}";\nfileinto "${a}";',
    {},
    ['Inbox: Tulips'],
    'inbox',
  ],
  [
    'what comes by a word behind a plus, from somebody whom the owner has never written to',
    'require ["envelope", "extlists", "fileinto", "relational", "date"]; if allof (not envelope :list "from" ":addrbook:default", currentdate :value "ge" "year" "2020") { fileinto "Archive"; }',
    {},
    ['Archive: Tulips'],
    'inbox',
  ],
]
for (const [what, script, letter, where, fate] of FILED)
  test(`filed by a script: ${what}`, async (t) => {
    const anna = await owner(script)
    assert.match(await arrive(t, [anna], letter), /^250 /)
    assert.deepEqual(await filed(anna), where)
    const [told, findings] = await fateOf(anna)
    assert.equal(told, fate)
    assert.deepEqual(findings, what.startsWith('a fault') ? ['scriptFailed'] : [])
  })

test('a script that is changed holds from the next letter on, and one that is not active for none', async (t) => {
  const anna = await owner('require "fileinto"; fileinto "Archive";')
  const account = await storage.openAccount(anna.person.id)
  await arrive(t, [anna], { subject: 'one' })
  await updateScript(account, anna.script, { text: 'require "fileinto"; fileinto "Trash";' })
  await arrive(t, [anna], { subject: 'two' })
  await activateScript(account, undefined)
  await arrive(t, [anna], { subject: 'three' })
  assert.deepEqual(await filed(anna), ['Archive: one', 'Inbox: three', 'Trash: two'])
})

test('what a script includes is its owner’s, and what was seen before is known', async (t) => {
  const anna = await owner('require "include"; include :personal "doubles";')
  const account = await storage.openAccount(anna.person.id)
  await createScript(account, {
    name: 'doubles',
    text: 'require ["duplicate", "fileinto"]; if duplicate :header "subject" { fileinto "Trash"; }',
  })
  await arrive(t, [anna])
  await arrive(t, [anna])
  assert.deepEqual(await filed(anna), ['Inbox: Tulips', 'Trash: Tulips'])
})

test('a script knows whom its owner has written to', async (t) => {
  const anna = await owner(
    'require ["extlists", "fileinto"]; if address :list "from" ":addrbook:default" { fileinto "Archive"; }',
  )
  const account = await storage.openAccount(anna.person.id)
  await account.write((tx) => rememberCorrespondents(tx, [{ name: null, email: 'Bea@Example.net' }]))
  await arrive(t, [anna], { subject: 'known' })
  await arrive(t, [anna], { subject: 'not', from: 'Eva <eva@example.net>' })
  assert.deepEqual(await filed(anna), ['Archive: known', 'Inbox: not'])
})

test('a letter is refused with the words of the script, and its owner sees that it was', async (t) => {
  const anna = await owner('require "reject"; reject "No größere letters,\r\nplease";')
  assert.match(await arrive(t, [anna]), /^550 5\.7\.1 No gro ?ere letters, please\r?\n?$/m)
  assert.deepEqual(await filed(anna), [])
  assert.deepEqual(await fateOf(anna), ['refused', ['scriptRefused']])
})

test('where others take the letter, and nobody proves the sender, what a script refuses is among the junk', async (t) => {
  const [anna, bert] = [await owner('require "ereject"; ereject "No";'), await owner('keep;')]
  assert.match(await arrive(t, [anna, bert]), /^250 /)
  assert.deepEqual([await filed(anna), await filed(bert)], [['Junk: Tulips'], ['Inbox: Tulips']])
  await queueIsEmpty(storage)
  assert.deepEqual(outside.letters, [])
})

test('a letter goes on with a sender that leads back, a copy stays where it is wished, and no letter goes in a circle', async (t) => {
  const anna = await owner('redirect "far@example.net";')
  const before = outside.letters.length
  assert.match(await arrive(t, [anna]), /^250 /)
  await until('it went on', () => outside.letters.length === before + 1)
  const onward = outside.letters.at(-1)
  assert.ok(onward)
  assert.match(onward.from, /^SRS0=[^=]+=[^=]+=example\.net=bea@/)
  assert.deepEqual(onward.to, ['far@example.net'])
  assert.match(onward.content, new RegExp(`^Delivered-To: ${anna.person.address}\\r?$`, 'm'))
  assert.doesNotMatch(onward.content, /^Return-Path:/im)
  assert.deepEqual(await filed(anna), [])
  assert.equal((await fateOf(anna))[0], 'passedOn')

  // The same comes back.
  assert.match(await arrive(t, [anna], { fields: `Delivered-To: ${anna.person.address}\r\n` }), /^250 /)
  assert.deepEqual(await filed(anna), ['Inbox: Tulips'])
  await queueIsEmpty(storage)
  assert.equal(outside.letters.length, before + 1)
})

test('two who pass everything on to one another end with a letter, and two who are away with one answer', async (t) => {
  const [anna, bert] = [await owner('keep;'), await owner('keep;')]
  const say = async ({ person, script }: Owner, text: string): Promise<void> =>
    updateScript(await storage.openAccount(person.id), script, { text })
  await say(anna, `redirect "${bert.person.address}";`)
  await say(bert, `redirect "${anna.person.address}";`)
  assert.match(await arrive(t, [anna], { subject: 'round' }), /^250 /)
  await queueIsEmpty(storage)
  assert.deepEqual([await filed(anna), await filed(bert)], [['Inbox: round'], []])

  for (const one of [anna, bert]) await say(one, 'require "vacation"; vacation :subject "Away" "Back soon.";')
  const { address } = bert.person
  assert.match(await arrive(t, [anna], { from: address, mailFrom: address, subject: 'hello' }), /^250 /)
  await queueIsEmpty(storage)
  assert.deepEqual([await filed(anna), await filed(bert)], [['Inbox: hello', 'Inbox: round'], ['Inbox: Away']])
})

const CLOSED_DOORS: [how: string, close: (accountId: number) => Promise<unknown>][] = [
  [
    'the operator has suspended',
    (id) => storage.database.sql`update account set state = 'suspended' where account_id = ${id}`,
  ],
  ['the service has stopped for abuse', (id) => stopAccount(storage, id, ['strangers'], async () => undefined)],
]
for (const [how, close] of CLOSED_DOORS)
  test(`nothing leaves by the script of an account that ${how}, and the letter is kept`, async (t) => {
    const anna = await owner(
      'require ["vacation", "enotify"]; vacation "Away"; notify "mailto:pager@example.net"; redirect "far@example.net";',
    )
    const before = outside.letters.length
    await close(anna.person.id)
    assert.match(await arrive(t, [anna]), /^250 /)
    await queueIsEmpty(storage)
    assert.deepEqual(await filed(anna), ['Inbox: Tulips'])
    assert.equal(outside.letters.length, before)
  })

test('what a script may send on in an hour holds whichever process took the letters before, and the rest is kept', async (t) => {
  const anna = await owner('require "enotify"; notify "mailto:pager@example.net"; redirect "far@example.net";')
  const before = outside.letters.length
  const account = await storage.openAccount(anna.person.id)
  while (await countByScript(account, 'redirects'));
  while (await countByScript(account, 'notifications'));
  assert.match(await arrive(t, [anna]), /^250 /)
  await queueIsEmpty(storage)
  assert.deepEqual(await filed(anna), ['Inbox: Tulips'])
  assert.equal(outside.letters.length, before)
})

test('an answer goes out once to each sender in its time, and a notification with each letter', async (t) => {
  const anna = await owner(
    'require ["vacation", "vacation-seconds", "enotify"]; vacation :seconds 86400 :subject "Away" "Back soon."; notify :message "New letter" "mailto:pager@example.net";',
  )
  const before = outside.letters.length
  await arrive(t, [anna])
  await arrive(t, [anna])
  // A machine is told nothing.
  await arrive(t, [anna], { fields: 'Auto-Submitted: auto-replied\r\n' })
  await queueIsEmpty(storage)
  const sent = outside.letters
    .slice(before)
    .map(({ from, to, content }) => [from, to.join(), /^Subject: (.*?)\r?$/m.exec(content)?.[1]])
  assert.deepEqual(sent.toSorted(), [
    ['', 'bea@example.net', 'Away'],
    ['', 'pager@example.net', 'New letter'],
    ['', 'pager@example.net', 'New letter'],
  ])
  assert.deepEqual(await filed(anna), ['Inbox: Tulips', 'Inbox: Tulips', 'Inbox: Tulips'])
})

test('junk stays among the junk unless the script puts it elsewhere, and nothing goes out for it', async (t) => {
  const anna = await owner(
    'require ["vacation", "spamtestplus", "relational", "comparator-i;ascii-numeric", "fileinto", "mailbox"]; vacation "Away"; if spamtest :percent :value "ge" :comparator "i;ascii-numeric" "50" { if header "subject" "keep" { fileinto :create "Suspicious"; } else { redirect "far@example.net"; } }',
  )
  const before = outside.letters.length
  const junk: Letter = {
    from: '"bank@bank.example" <bea@example.net>',
    date: 'Thu, 01 Jan 2015 12:00:00 +0000',
    fields: 'Reply-To: c@elsewhere.example\r\n',
  }
  await arrive(t, [anna], { ...junk, subject: 'keep' })
  await arrive(t, [anna], { ...junk, subject: 'win' })
  assert.deepEqual(await filed(anna), ['Junk: win', 'Suspicious: keep'])
  await queueIsEmpty(storage)
  assert.equal(outside.letters.length, before)
})
