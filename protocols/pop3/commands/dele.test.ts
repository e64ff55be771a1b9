/** What goes, when, and what becomes of it: DELE, RSET, QUIT. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { revokeAppPassword } from '#accounts'
import { findFolderByRole } from '#items'
import { MAIL, updateMessages } from '#mail'
import { signedInImap } from '#test/imap'
import { fileLetter } from '#test/letters'
import { addAppPassword, type Person } from '#test/people'
import { dialPop3, signedInPop3 } from '#test/pop3'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['pop3', 'imap'])

/** An account whose inbox has so many letters; their items. */
async function furnished(count: number): Promise<Person & { items: number[] }> {
  const person = await server.createAccount()
  const items: number[] = []
  for (let number = 1; number <= count; number++)
    items.push(await fileLetter(server, person, { subject: `Brief ${number}` }))
  return { ...person, items }
}

async function stateOf(person: Person, item: number): Promise<{ isDeleted: boolean; folders: number }> {
  const account = await server.storage.openAccount(person.id)
  const { rows } = await account.sql<{ is_deleted: boolean; folders: number }>`
    select deleted_at is not null as is_deleted,
      (select count(*)::int from placement p where p.account_id = i.account_id and p.item_id = i.item_id) as folders
    from item i where account_id = ${person.id} and item_id = ${item}`
  return { isDeleted: rows[0]?.is_deleted as boolean, folders: rows[0]?.folders as number }
}

test('a message goes at QUIT and not before, and can be restored', async (t) => {
  const person = await furnished(3)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const pop3 = await signedInPop3(t, server, person)
  await pop3.ok('DELE 2')
  assert.match(await pop3.say('DELE 2'), /^-ERR/)
  assert.match(await pop3.say('RETR 2'), /^-ERR/)
  assert.match(await pop3.say('LIST 2'), /^-ERR/)
  assert.match(await pop3.ok('STAT'), /^2 /)
  assert.deepEqual(
    (await pop3.lines('UIDL')).map((line) => line.split(' ')[0]),
    ['1', '3'],
  )
  assert.deepEqual(await imap.ok('NOOP'), [])
  await pop3.ok('QUIT')
  assert.equal(await pop3.next(), 'closed')
  assert.deepEqual(await imap.ok('NOOP'), ['2 EXPUNGE'])
  assert.deepEqual(await stateOf(person, person.items[1] as number), { isDeleted: true, folders: 0 })
})

test('RSET takes the marks away', async (t) => {
  const person = await furnished(2)
  const pop3 = await signedInPop3(t, server, person)
  const before = await pop3.ok('STAT')
  await pop3.ok('DELE 1')
  await pop3.ok('RSET')
  assert.equal(await pop3.ok('STAT'), before)
  await pop3.ok('QUIT')
  assert.match(await (await signedInPop3(t, server, person)).ok('STAT'), /^2 /)
})

for (const [how, end] of Object.entries<(pop3: Awaited<ReturnType<typeof dialPop3>>) => unknown>({
  'the connection is lost': (pop3) => pop3.close(),
  'a line is too long': (pop3) => pop3.say('x'.repeat(2000)),
  'there are too many mistakes': (pop3) => pop3.send('NONE\r\n'.repeat(30)),
}))
  test(`nothing is deleted when ${how} before QUIT`, async (t) => {
    const person = await furnished(2)
    const imap = await signedInImap(t, server, person, { select: 'INBOX' })
    const pop3 = await signedInPop3(t, server, person)
    await pop3.ok('DELE 1')
    await end(pop3)
    while ((await pop3.next()) !== 'closed');
    assert.deepEqual(await imap.ok('NOOP'), [])
    assert.match(await (await signedInPop3(t, server, person)).ok('STAT'), /^2 /)
  })

test('what is in another mailbox too stays there', async (t) => {
  const person = await furnished(1)
  const [item] = person.items as [number]
  const account = await server.storage.openAccount(person.id)
  const archive = (await findFolderByRole(account, MAIL, 'archive')) as number
  await account.write((tx) => updateMessages(tx, new Map([[item, { mailboxes: { add: [archive], remove: [] } }]])))
  const pop3 = await signedInPop3(t, server, person)
  await pop3.ok('DELE 1')
  await pop3.ok('QUIT')
  assert.deepEqual(await stateOf(person, item), { isDeleted: false, folders: 1 })
})

test('what another program expunged meanwhile is refused, all other numbers stay, and QUIT succeeds', async (t) => {
  const person = await furnished(3)
  const account = await server.storage.openAccount(person.id)
  const [first, second] = [await signedInPop3(t, server, person), await signedInPop3(t, server, person)]
  await first.ok('DELE 1')
  await first.ok('QUIT')
  assert.match(await second.say('RETR 1'), /^-ERR/)
  assert.ok((await second.lines('RETR 2')).includes('Subject: Brief 2'))
  // Moved away and back: whoever did it wants to keep it.
  const [inbox, archive] = (await Promise.all(
    ['inbox', 'archive'].map((role) => findFolderByRole(account, MAIL, role)),
  )) as [number, number]
  for (const to of [archive, inbox])
    await account.write((tx) => updateMessages(tx, new Map([[person.items[1] as number, { mailboxes: { to: [to] } }]])))
  await second.ok('DELE 1')
  await second.ok('DELE 2')
  await second.ok('DELE 3')
  await second.ok('QUIT')
  const third = await signedInPop3(t, server, person)
  assert.match(await third.ok('STAT'), /^1 /)
  assert.ok((await third.lines('RETR 1')).includes('Subject: Brief 2'))
})

test('a thousand and more go at once', async (t) => {
  const person = await furnished(1)
  const account = await server.storage.openAccount(person.id)
  // Copies of one row: filing so many letters would be the longest part of this test.
  await account.sql`
    with made as (
      insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, keywords, received_at, change, created_change)
      select account_id, item_id + n, kind, thread_id + n, blob_id, size, flags, keywords, received_at, change, created_change
      from item, generate_series(1, 1200) as n where account_id = ${person.id}
      returning item_id)
    insert into placement (account_id, folder_id, uid, item_id, received_at, change)
    select p.account_id, p.folder_id, p.uid + row_number() over (order by made.item_id), made.item_id, p.received_at, p.change
    from placement p, made where p.account_id = ${person.id}`
  const pop3 = await signedInPop3(t, server, person)
  const { length } = await pop3.lines('LIST')
  assert.ok(length > 1000)
  pop3.send(Array.from({ length: length - 1 }, (_, index) => `DELE ${index + 2}\r\n`).join(''))
  for (let count = 1; count < length; count++) assert.match(await pop3.next(), /^\+OK/)
  await pop3.ok('QUIT')
  assert.match(await (await signedInPop3(t, server, person)).ok('STAT'), /^1 /)
})

test('a password that only reads deletes nothing', async (t) => {
  const person = await furnished(1)
  const { secret } = await addAppPassword(server.storage, person, { readOnly: true })
  const pop3 = await signedInPop3(t, server, { ...person, password: secret })
  assert.match(await pop3.say('DELE 1'), /^-ERR/)
  assert.match(await pop3.ok('STAT'), /^1 /)
})

test('who comes by an app password is out when it is revoked, and has deleted nothing', async (t) => {
  const person = await furnished(1)
  const { id, secret } = await addAppPassword(server.storage, person)
  const pop3 = await signedInPop3(t, server, { ...person, password: secret })
  await pop3.ok('DELE 1')
  await revokeAppPassword(server.storage, person.id, id)
  assert.equal(await pop3.next(), 'closed')
  assert.match(await (await signedInPop3(t, server, person)).ok('STAT'), /^1 /)
})

test('a maildrop is not open any number of times, and who leaves makes room', async (t) => {
  const person = await furnished(1)
  const enter = async () => {
    const pop3 = await dialPop3(t, server.pop3)
    await pop3.ok(`USER ${person.address}`)
    return { pop3, reply: await pop3.say(`PASS ${person.password}`) }
  }
  const open = await Promise.all(Array.from({ length: 16 }, enter))
  for (const { reply } of open) assert.match(reply, /^\+OK/)
  assert.match((await enter()).reply, /^-ERR \[IN-USE\]/)
  await open[0]?.pop3.ok('QUIT')
  assert.equal(await open[0]?.pop3.next(), 'closed')
  assert.match((await enter()).reply, /^\+OK/)
})
