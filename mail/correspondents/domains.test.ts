import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { knownKinds } from '#items'
import { asksAbout, looksLikeKnown, rememberCorrespondents } from './index.ts'

const storage = await openTestStorage({ after })
const receiver = await openTestStorage({ after }, 'zegel_receiver')

const { id } = await addPerson(storage)
const account = await storage.openAccount(id)
await account.write((tx) =>
  rememberCorrespondents(tx, [
    { name: null, email: 'bea@example.org' },
    { name: null, email: 'carl@example.org' },
    { name: null, email: 'bank@sparkasse.example' },
  ]),
)
const asReceiver = await receiver.openAccount(id)

const CASES: [domain: string, isLike: boolean][] = [
  ['example.org', false],
  ['mail.example.org', false],
  ['examp1e.org', true],
  ['mail.examp1e.org', true],
  ['sparkassse.example', true],
  ['other.example', false],
  ['', false],
]
for (const [domain, isLike] of CASES)
  test(`"${domain}" ${isLike ? 'looks like' : 'does not look like another'} one that was written to`, async () =>
    assert.equal(looksLikeKnown(await knownKinds(asReceiver, asksAbout(domain))), isLike))

test('nobody knows what another has written to', async () => {
  const { id: other } = await addPerson(storage)
  const known = await knownKinds(await receiver.openAccount(other), asksAbout('examp1e.org'))
  assert.equal(looksLikeKnown(known), false)
})
