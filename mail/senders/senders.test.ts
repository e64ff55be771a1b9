import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addRecord, findFolderByRole, readItems } from '#items'
import { createStandardMailboxes, MAIL, toKeywords } from '#mail'
import type { FindingName } from '#mail/findings'
import { fileMessage, type Arrival } from '#mail/inbound'
import type { OpenAccount } from '#storage'
import { silent } from '#test/cluster'
import { openTestStorage } from '#test/database'
import { letter, type Letter } from '#test/letters'
import { addPerson } from '#test/people'
import { ALLOWED, BLOCKED, listedAddress, listedLookup } from './senders.ts'

const storage = await openTestStorage({ after })
const receiver = await openTestStorage({ after }, 'zegel_receiver')

const forms: [text: string, address: string | undefined][] = [
  ['Bea@Example.ORG', 'bea@example.org'],
  ['@Example.org', '@example.org'],
  ['@münchen.example', '@xn--mnchen-3ya.example'],
  ['bea', undefined],
  ['@', undefined],
  ['*@example.org', '*@example.org'],
  ['a@b@example.org', undefined],
  ['@exa mple.org', undefined],
]
for (const [text, address] of forms)
  test(`"${text}" is listed as ${address ?? 'nothing'}`, () => assert.equal(listedAddress(text), address))

const arrivals: [what: string, said: Letter, returnPath: string, isBlocked: boolean][] = [
  ['from a blocked address', { from: 'Spam <Spam@Example.org>' }, 'other@example.net', true],
  ['whose envelope is from a blocked address', { from: 'x@example.net' }, 'spam@example.org', true],
  ['whose second author is blocked', { from: 'x@example.net, spam@example.org' }, 'x@example.net', true],
  ['whose Sender is blocked', { from: 'x@example.net', headers: ['Sender: spam@example.org'] }, 'x@example.net', true],
  ['from a blocked domain', { from: 'anybody@blocked.example' }, 'x@example.net', true],
  ['from a domain below a blocked one', { from: 'anybody@sub.blocked.example' }, 'x@example.net', false],
  ['that only names a blocked address', { from: 'spam@example.org <x@example.net>' }, 'x@example.net', false],
  ['without any sender', { from: '' }, '', false],
  ['from somebody else', {}, 'bea@example.org', false],
]
async function withList(list: typeof BLOCKED | typeof ALLOWED, addresses: readonly string[]): Promise<Reader> {
  const { id, address } = await addPerson(storage, {}, createStandardMailboxes)
  const account = await storage.openAccount(id)
  for (const listed of addresses)
    await account.write((tx) =>
      addRecord(tx, { kind: list, value: { address: listed }, lookup: listedLookup({ address: listed }) }),
    )
  return { account, address }
}

interface Reader {
  account: OpenAccount
  address: string
}

const arrive = (readers: readonly Reader[], change: Partial<Arrival>): ReturnType<typeof fileMessage> =>
  fileMessage(receiver, silent, {
    mailFrom: 'bea@example.org',
    trace: Buffer.alloc(0),
    content: letter({}),
    recipients: readers.map(({ account: { id }, address }) => ({ accountId: id, address })),
    findings: [],
    ...change,
  })

/** The roles of the folders that a reader's only letter is in, and its keywords; undefined when there is none. */
async function whereIs({ account }: Reader): Promise<[role: string | undefined, keywords: string[]] | undefined> {
  const { rows } = await account.sql<{ item_id: number }>`select item_id from item where account_id = ${account.id}`
  if (rows[0] === undefined) return undefined
  const [item] = await readItems(account, MAIL, [rows[0].item_id])
  const roles = ['inbox', 'junk'] as const
  const folders = await Promise.all(roles.map((role) => findFolderByRole(account, MAIL, role)))
  const role = roles[folders.findIndex((folder) => folder === item?.folders[0])]
  return [role, toKeywords(item?.flags ?? 0, item?.keywords ?? [])]
}

for (const [what, said, mailFrom, isBlocked] of arrivals)
  test(`a letter ${what} is ${isBlocked ? 'refused' : 'taken'}`, async () => {
    const reader = await withList(BLOCKED, ['spam@example.org', '@blocked.example'])
    const [outcome] = await arrive([reader], { mailFrom, content: letter(said) })
    assert.deepEqual(
      [outcome?.reason, outcome?.fields],
      isBlocked ? ['refused', ['senderBlocked']] : [undefined, undefined],
    )
    assert.deepEqual(await whereIs(reader), isBlocked ? undefined : ['inbox', []])
  })

test('what only one of two recipients of one transaction refuses is among their junk, marked', async () => {
  const [blocking, other] = [await withList(BLOCKED, ['@example.org']), await withList(BLOCKED, [])]
  const smtp = { server: 'mail.example.org', address: '192.0.2.1', isEncrypted: true, reply: '250 Filed' }
  assert.deepEqual(await arrive([blocking, other], { smtp }), [undefined, undefined])
  assert.deepEqual(await whereIs(blocking), ['junk', ['$blocked']])
  assert.deepEqual(await whereIs(other), ['inbox', []])
})

const allowances: [what: string, listed: string, findings: FindingName[], role: string][] = [
  [
    'of an allowed address is in the inbox whatever its looks',
    'bea@example.org',
    ['dmarcFail', 'unauthenticated', 'nameShowsOtherAddress'],
    'inbox',
  ],
  ['of an allowed domain too', '@example.org', ['dmarcFail', 'unauthenticated', 'nameShowsOtherAddress'], 'inbox'],
  ['of somebody who only writes under an allowed name is junk', 'bea@example.org', ['dmarcReject'], 'junk'],
  ['whose envelope alone is from an allowed address is junk', 'envelope@example.net', ['dmarcQuarantine'], 'junk'],
]
for (const [what, listed, names, role] of allowances)
  test(`a letter ${what}`, async () => {
    const reader = await withList(ALLOWED, [listed])
    await arrive([reader], {
      mailFrom: 'envelope@example.net',
      content: letter({ from: 'bea@example.org' }),
      findings: names.map((name) => ({ name })),
    })
    assert.deepEqual(await whereIs(reader), [role, []])
  })
