import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { signedInImap } from '#test/imap'
import { fileLetter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const person = await server.createAccount()
const imap = await signedInImap({ after }, server, person)

test('the owner has all rights, but may not delete the inbox; nobody else has any (RFC 4314)', async () => {
  assert.deepEqual(await imap.ok('MYRIGHTS inbox'), ['MYRIGHTS "INBOX" lrswipkteacd'])
  assert.deepEqual(await imap.ok('GETACL Sent'), [`ACL "Sent" "${person.address}" lrswipkxteacd`])
  assert.deepEqual(await imap.ok(`LISTRIGHTS Sent ${person.address.toUpperCase()}`), [
    `LISTRIGHTS "Sent" "${person.address.toUpperCase()}" lrswipkxteacd`,
  ])
  assert.deepEqual(await imap.ok('LISTRIGHTS Sent anyone'), ['LISTRIGHTS "Sent" "anyone" ""'])
})

test('the quota root tells what the account uses, without what was deleted (RFC 9208)', async (t) => {
  const reader = await server.createAccount()
  const client = await signedInImap(t, server, reader)
  const usage = async (): Promise<string[]> => {
    const [, used = ''] = await client.ok('GETQUOTAROOT INBOX')
    return /^QUOTA "" \(STORAGE (\d+) \d+ MESSAGE (\d+) \d+\)$/.exec(used)?.slice(1) ?? [used]
  }
  assert.deepEqual(await usage(), ['0', '0'])
  await fileLetter(server, reader, { text: 'x'.repeat(9000) })
  await fileLetter(server, reader, { text: 'x'.repeat(9000) }, { role: 'archive' })
  assert.deepEqual(await usage(), ['19', '2'])
  await client.ok('DELETE Archive')
  assert.deepEqual(await usage(), ['10', '1'])
  assert.deepEqual(await client.ok('GETQUOTAROOT "Not made yet"'), [
    'QUOTAROOT "Not made yet" ""',
    'QUOTA "" (STORAGE 10 9223372036854775807 MESSAGE 1 9223372036854775807)',
  ])
  assert.equal((await client.ok('GETQUOTA ""')).length, 1)
})

const refused: Record<string, [command: string, answer: RegExp]> = {
  'a right for somebody else': ['SETACL INBOX anna@example.org +lr', /^NO \[NOPERM\] .*not shared/],
  'a right taken from somebody': ['DELETEACL INBOX anna@example.org', /^NO \[NOPERM\]/],
  'a right that there is none of (§3.1)': ['SETACL INBOX anna@example.org lrq', /^BAD/],
  'a right in upper case': ['SETACL INBOX anna@example.org LR', /^BAD/],
  'rights for nobody': ['SETACL INBOX "" lr', /^BAD/],
  'rights of nobody': ['LISTRIGHTS INBOX ""', /^BAD/],
  'a mailbox that is not there': ['MYRIGHTS Nobody', /^NO \[NONEXISTENT\]/],
  'the rights in a mailbox that is not there': ['GETACL Nobody', /^NO \[NONEXISTENT\]/],
  'a limit for oneself': ['SETQUOTA "" (STORAGE 512)', /^NO \[NOPERM\]/],
  'a limit that is no number': ['SETQUOTA "" (STORAGE much)', /^BAD/],
  'a quota root that is none': ['GETQUOTA "#user/anna"', /^NO \[NONEXISTENT\]/],
  'a quota root of no mailbox': ['GETQUOTAROOT', /^BAD/],
}

for (const [what, [command, answer]] of Object.entries(refused))
  test(`refused: ${what}`, async () => assert.match((await imap.say(command)).tagged, answer))
