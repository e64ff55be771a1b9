import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chiSquareTail, combine } from './combine.ts'
import { featuresOf } from './features.ts'
import { probability, GOOD, SURE, SUSPICIOUS } from './judge.ts'
import { readStart, shippedStart, writeStart } from './start.ts'
import { teach, UNTAUGHT } from './training.ts'

const page = (from: string, subject: string, body: string): Uint32Array =>
  featuresOf(
    Buffer.from(
      `From: ${from}\r\nTo: anna@zegel.test\r\nSubject: ${subject}\r\nDate: x\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n${body}`,
    ),
  )

const JUNK = page(
  'Winner <a@offers.example>',
  'EARN MONEY FAST!!! 100% FREE',
  '<font size=7>Dear friend, lose weight now! No obligation, click here to be removed. Our credit card merchant accounts are guaranteed. ' +
    'Make money from home, limited time offer, order today, money back guarantee!!!</font><form><img src=http://1.2.3.4/x></form>',
)
const GERMAN = featuresOf(
  Buffer.from(
    'From: Bea <bea@example.org>\r\nTo: anna@zegel.test\r\nSubject: Gartenfest am Samstag\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\n' +
      'Liebe Anna, kommst du am Samstag zu uns in den Garten? Wir wollen grillen, und die Kinder freuen sich auf dich.\r\n',
  ),
)

test('what is shipped knows junk, and takes no letter of another language for it', () => {
  assert.ok(probability(JUNK, shippedStart()) >= SURE)
  assert.ok(probability(GERMAN, shippedStart()) < 0.6)
})

test('junk of one’s own language that was taught does not make the language junk', () => {
  const taught = [1, 2, 3, 4, 5].map((day) =>
    featuresOf(
      Buffer.from(
        `From: x@kredit${day}.example\r\nSubject: Kredit\r\n\r\nWir haben und die den am zu uns in Samstag Kredit sofort, ohne Auskunft, du auf dich.`,
      ),
    ),
  )
  const training = teach(
    UNTAUGHT,
    taught.map((features) => ({ features, isJunk: true, isUndone: false })),
  )
  assert.ok(probability(GERMAN, shippedStart(), training, GERMAN) < 0.6)
})

test('what the owner teaches outweighs what is shipped', () => {
  const once = teach(UNTAUGHT, [{ features: JUNK, isJunk: false, isUndone: false }])
  // Not sure any more after one letter, and of two minds after three.
  assert.ok(probability(JUNK, shippedStart(), once, JUNK) < SUSPICIOUS)
  const thrice = teach(
    once,
    [1, 2].map(() => ({ features: JUNK, isJunk: false, isUndone: false })),
  )
  assert.ok(probability(JUNK, shippedStart(), thrice, JUNK) < 0.6)
  const often = Array.from({ length: 20 }, () => [
    { features: JUNK, isJunk: false, isUndone: false },
    { features: GERMAN, isJunk: true, isUndone: false },
  ])
  const turned = teach(UNTAUGHT, often.flat())
  assert.ok(probability(JUNK, shippedStart(), turned, JUNK) <= GOOD)
  assert.ok(probability(GERMAN, shippedStart(), turned, GERMAN) >= SURE)
})

test('no words, or none that are known, say nothing', () => {
  assert.equal(probability(new Uint32Array(), shippedStart()), 0.5)
  assert.equal(probability(Uint32Array.of(1, 2, 3), readStart(writeStart({ junk: 0, good: 0 }, new Map()))), 0.5)
})

test('many signs make sure, opposite ones cancel out', () => {
  assert.ok(combine(Array.from({ length: 40 }, () => 0.95)) > 0.999)
  assert.ok(combine(Array.from({ length: 40 }, () => 0.05)) < GOOD)
  const both = combine(Array.from({ length: 80 }, (_, at) => (at % 2 === 0 ? 0.95 : 0.05)))
  assert.ok(Math.abs(both - 0.5) < 0.01)
})

test('the chance of a chi-square is that of the tables', () => {
  // 5 % points of 2, 10 and 100 degrees of freedom.
  for (const [value, degrees] of [
    [5.991, 2],
    [18.307, 10],
    [124.342, 100],
  ] as const)
    assert.ok(Math.abs(chiSquareTail(value / 2, degrees / 2) - 0.05) < 0.0002)
})
