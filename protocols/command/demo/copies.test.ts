import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage, walkParts, envelope } from '#formats/message'
import { readConversations } from './conversations.ts'
import { copiesOf } from './copies.ts'
import { OWNERS } from './owners.ts'

const conversations = readConversations()

for (const time of ['2026-11-22T00:03:00+01:00', '2026-03-29T04:10:00+02:00', '2026-12-31T23:59:00+01:00']) {
  test(`run at ${time}, no letter comes from the future and none before the one it answers`, () => {
    const now = new Date(time)
    for (const owner of OWNERS) {
      const copies = copiesOf(owner, conversations, { host: 'zegel.test', now })
      for (const { receivedAt } of copies) assert.ok(receivedAt.getTime() <= now.getTime())
      for (const group of Map.groupBy(copies, ({ conversation }) => conversation).values()) {
        const numbers = group.map(({ number }) => number)
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
          group[0]?.conversation.subject,
        )
      }
    }
  })
}

test('every letter has a Message-ID of its own, and the same in another week', () => {
  const ids = (now: Date): string[] =>
    OWNERS.flatMap((owner) => copiesOf(owner, conversations, { host: 'zegel.test', now }))
      .map(
        ({ messageId, conversation, number }) => `${messageId} ${conversation.file} ${conversation.subject} ${number}`,
      )
      .toSorted()
  const now = ids(new Date('2026-11-22T12:00:00Z'))
  assert.deepEqual(now, ids(new Date('2027-02-03T12:00:00Z')))
  const letters = new Set(now)
  assert.equal(new Set([...letters].map((letter) => letter.split(' ')[0])).size, letters.size)
})

test('no address is one that mail could reach', () => {
  const host = 'zegel.test'
  for (const owner of OWNERS)
    for (const copy of copiesOf(owner, conversations, { host, now: new Date() })) {
      const { from, to, cc } = envelope(parseMessage(copy.source()))
      for (const { email } of [...(from ?? []), ...(to ?? []), ...(cc ?? [])])
        assert.match(email, /@(?:[\w-]+\.)*(?:example|test|example\.org)$/)
    }
})

test('a letter keeps to the line lengths of mail and has no bare line end outside its files', () => {
  for (const owner of OWNERS)
    for (const copy of copiesOf(owner, conversations, { host: 'zegel.test', now: new Date() })) {
      const message = parseMessage(copy.source())
      assert.equal(message.isCutShort, false)
      assert.doesNotMatch(message.bytes.toString('latin1'), /\r(?!\n)|(?<!\r)\n/)
      for (const line of message.bytes.toString('latin1').split('\r\n')) assert.ok(line.length <= 998)
      for (const part of walkParts(message.root))
        for (const line of message.bytes.toString('latin1', part.headerStart, part.bodyStart).split('\r\n'))
          assert.ok(line.length <= 100, line)
    }
})
