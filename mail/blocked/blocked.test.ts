import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addRecord, findFolderByRole, readItems } from '#items'
import { createStandardMailboxes, MAIL, toKeywords } from '#mail'
import { fileMessage } from '#mail/inbound'
import { silent } from '#test/cluster'
import { openTestStorage } from '#test/database'
import { letter, type Letter } from '#test/letters'
import { addPerson } from '#test/people'
import { BLOCKED, blockedAddress, blockedLookup } from './blocked.ts'

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
  test(`"${text}" is blocked as ${address ?? 'nothing'}`, () => assert.equal(blockedAddress(text), address))

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
for (const [what, said, returnPath, isBlocked] of arrivals)
  test(`a letter ${what} goes to ${isBlocked ? 'Junk, marked' : 'the inbox'}`, async () => {
    const { id, address } = await addPerson(storage, {}, createStandardMailboxes)
    const account = await storage.openAccount(id)
    for (const blocked of ['spam@example.org', '@blocked.example'])
      await account.write((tx) =>
        addRecord(tx, { kind: BLOCKED, value: { address: blocked }, lookup: blockedLookup({ address: blocked }) }),
      )
    const outcomes = await fileMessage(receiver, silent, {
      trace: Buffer.from(`Return-Path: <${returnPath}>\r\n`),
      content: letter(said),
      recipients: [{ accountId: id, address }],
      findings: [],
    })
    assert.deepEqual(outcomes, [undefined])
    const folder = await findFolderByRole(account, MAIL, isBlocked ? 'junk' : 'inbox')
    const { rows } = await account.sql<{ item_id: number }>`select item_id from item where account_id = ${id}`
    const [item] = await readItems(account, MAIL, [rows[0]?.item_id as number])
    assert.deepEqual(item?.folders, [folder])
    assert.deepEqual(toKeywords(item.flags, item.keywords), isBlocked ? ['$blocked'] : [])
  })
