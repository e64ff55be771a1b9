import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byReferences, bySubject, threadsText, type Threaded } from './threads.ts'

/** A message: `own < oldest nearest` with its subject; sent in the order of the numbers unless said otherwise. */
function message(number: number, ids: string, subject = '', sentAt = number): Threaded {
  const [own = '', references = ''] = ids.split('<').map((part) => part.trim())
  return {
    number,
    sentAt,
    subject: { text: subject.replace(/^Re: /, ''), isAnswer: subject.startsWith('Re: ') },
    ids: { own: own || undefined, inReplyTo: [], references: references.split(' ').filter(Boolean) },
  }
}

const REFERENCES: Record<string, [messages: Threaded[], threads: string]> = {
  'one message': [[message(1, 'a')], '(1)'],
  'an answer': [[message(1, 'a'), message(2, 'b < a')], '(1 2)'],
  'an answer that came before': [[message(1, 'b < a', '', 9), message(2, 'a', '', 1)], '(2 1)'],
  'two answers': [[message(1, 'a'), message(2, 'b < a'), message(3, 'c < a')], '(1 (2)(3))'],
  'answers of answers': [
    [message(1, 'a'), message(2, 'b < a'), message(3, 'c < a b'), message(4, 'd < a b'), message(5, 'e < a')],
    '(1 (2 (3)(4))(5))',
  ],
  'siblings by their sent dates': [
    [message(1, 'a'), message(2, 'b < a', '', 9), message(3, 'c < a', '', 5)],
    '(1 (3)(2))',
  ],
  'threads by the sent date of the first': [[message(1, 'a', '', 9), message(2, 'b', '', 5)], '(2)(1)'],
  'answers to what is not there': [[message(1, 'b < a'), message(2, 'c < a')], '((1)(2))'],
  'an answer to what is not there': [[message(1, 'b < a')], '(1)'],
  'a gap in the middle': [[message(1, 'a'), message(2, 'c < a b'), message(3, 'd < a b')], '(1 (2)(3))'],
  'gaps upon gaps': [[message(1, 'd < a b c'), message(2, 'e < a b c')], '((1)(2))'],
  'a message that another says to be an answer': [[message(1, 'b'), message(2, 'c < a b'), message(3, 'a')], '(3 1 2)'],
  'its own word counts for more than that of others': [
    [message(1, 'a'), message(2, 'x'), message(3, 'c < x b'), message(4, 'b < a')],
    '(1 4 3)(2)',
  ],
  'a message that answers what another says to answer it': [
    [message(1, 'b'), message(2, 'c < a b'), message(3, 'a < b')],
    '(3 1 2)',
  ],
  'what another said before counts no more': [
    [message(1, 'c < x b'), message(2, 'b'), message(3, 'x < b')],
    '(2 (1)(3))',
  ],
  'one Message-ID with quotes and without': [
    [message(1, '"A\\"1"@x.example'), message(2, 'b < A"1@x.example'), message(3, 'c < "b"')],
    '(1 2)(3)',
  ],
  'two with one Message-ID': [[message(1, 'a'), message(2, 'a'), message(3, 'b < a')], '(1 3)(2)'],
  'no Message-ID': [[message(1, ''), message(2, ''), message(3, ' < a')], '(1)(2)(3)'],
  'an answer to itself': [[message(1, 'a < a')], '(1)'],
  'two that answer each other': [[message(1, 'a < b'), message(2, 'b < a')], '(2 1)'],
  'a circle of three': [[message(1, 'a < b'), message(2, 'b < c'), message(3, 'c < a')], '(3 2 1)'],
  'one reference, again and again': [[message(1, 'a'), message(2, 'b < a a a')], '(1 2)'],
  'references in a circle': [[message(1, 'z < a b a b')], '(1)'],
  // Step 5, by subject.
  'one subject without references': [[message(1, 'a', 'Plan'), message(2, 'b', 'Re: Plan')], '(1 2)'],
  'an answer that comes first': [[message(1, 'a', 'Re: Plan'), message(2, 'b', 'Plan')], '(2 1)'],
  'two that begin with one subject': [[message(1, 'a', 'Plan'), message(2, 'b', 'Plan')], '((1)(2))'],
  'three that begin with one subject': [
    [message(1, 'a', 'Plan'), message(2, 'b', 'Plan'), message(3, 'c', 'Plan')],
    '((1)(2)(3))',
  ],
  'a better one comes after': [
    [message(1, 'a', 'Re: Plan'), message(2, 'b', 'Re: Plan'), message(3, 'c', 'Plan')],
    '(3 (1)(2))',
  ],
  'a place and an answer': [
    [message(1, 'b < a', 'Re: Plan'), message(2, 'c < a', 'Re: Plan'), message(3, 'd', 'Re: Plan')],
    '((1)(2)(3))',
  ],
  'two places': [
    [
      message(1, 'b < a', 'Plan'),
      message(2, 'c < a', 'Plan'),
      message(3, 'e < d', 'Plan'),
      message(4, 'f < d', 'Plan'),
    ],
    '((1)(2)(3)(4))',
  ],
  'no subject': [[message(1, 'a'), message(2, 'b')], '(1)(2)'],
}
test('REFERENCES: without any, the first of In-Reply-To', () => {
  const answer = { ...message(2, 'b'), ids: { own: 'b', inReplyTo: ['a', 'c'], references: [] } }
  const both = { ...message(4, 'd'), ids: { own: 'd', inReplyTo: ['a'], references: ['c'] } }
  assert.equal(threadsText(byReferences([message(1, 'a'), answer, message(3, 'c'), both])), '(1 2)(3 4)')
})

for (const [what, [messages, threads]] of Object.entries(REFERENCES))
  test(`REFERENCES: ${what}`, () => assert.equal(threadsText(byReferences(messages)), threads))

test('ORDEREDSUBJECT: one subject is a thread, whose first is above all others', () => {
  const messages = [
    message(1, '', 'Plan', 5),
    message(2, '', 'Other', 1),
    message(3, '', 'Re: Plan', 9),
    message(4, '', 'Re: Plan', 7),
    message(5, '', 'Re: Other', 2),
  ]
  assert.equal(threadsText(bySubject(messages)), '(2 5)(1 (4)(3))')
  assert.equal(threadsText(bySubject([])), '')
})

const LONG = 20_000
const numbers = Array.from({ length: LONG }, (_, index) => index + 1)
const CHAINS: Record<string, (number: number) => Threaded> = {
  'each the answer of the one before': (number) => message(number, `${number} < ${number - 1}`),
  'each the answer of the next': (number) => message(number, `${number} < ${number + 1}`),
  'each with its last ten ancestors': (number) =>
    message(number, `${number} < ${Array.from({ length: 10 }, (_, back) => number - 10 + back).join(' ')}`),
  'in a circle': (number) => message(number, `${number} < ${(number % LONG) + 1}`),
  'of one subject': (number) => message(number, `${number}`, 'Plan'),
}
for (const [what, at] of Object.entries(CHAINS))
  test(`twenty thousand messages, ${what}`, () => {
    const text = threadsText(byReferences(numbers.map(at)))
    const told = text.match(/\d+/g)?.map(Number) ?? []
    assert.equal(new Set(told).size, LONG, 'each is told of once')
    assert.equal(told.length, LONG)
    // Threads as deep as they are long, without a parenthesis for each.
    if (what !== 'of one subject') assert.match(text, /^\([\d ]+\)$/)
  })
