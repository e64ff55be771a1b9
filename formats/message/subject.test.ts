import assert from 'node:assert/strict'
import test from 'node:test'
import { baseSubject, threadSubject } from './subject.ts'

/** Subjects of which both take away the same. */
const BOTH: [string, string][] = [
  ['Lunch', 'Lunch'],
  ['Re: Lunch', 'Lunch'],
  ['RE : re[2]: FWD: Lunch', 'Lunch'],
  ['Re:\tLunch   at\r\n noon', 'Lunch at noon'],
  ['[list] Re: [list] Lunch', 'Lunch'],
  ['[a] [b] Re: Lunch', 'Lunch'],
  ['Re: [list] Lunch (fwd) (fwd)', 'Lunch'],
  ['[fwd: Re: Lunch]', 'Lunch'],
  ['[Fwd: [Fwd: Lunch]] (fwd)', 'Lunch'],
  ['[list] [Fwd: Lunch (fwd) ]', 'Lunch'],
  ['[list]', '[list]'],
  ['Re: [list]', '[list]'],
  ['[a] [b]', '[b]'],
  ['Re: ', ''],
  ['(fwd)', ''],
  ['', ''],
  ['Ref: number', 'Ref: number'],
  ['Resort: open', 'Resort: open'],
  ['Thread: about it', 'Thread: about it'],
  ['Re [[x]]: Lunch', 'Re [[x]]: Lunch'],
  ['回复：Re：午餐', '回复：Re：午餐'],
]

/** Marks of other languages and of some programs: our threads are made without them. RFC 5256 §7 leaves them there. */
const MARKED: [subject: string, base: string, ofThread: string][] = [
  ['AW: WG: Antw: SV: VS: TR: Rif: Odp: Lunch', 'AW: WG: Antw: SV: VS: TR: Rif: Odp: Lunch', 'Lunch'],
  ['RÉP: Lunch', 'RÉP: Lunch', 'Lunch'],
  ['I: Claudius', 'I: Claudius', 'Claudius'],
  ['R: the language', 'R: the language', 'the language'],
  ['Re(2): Lunch', 'Re(2): Lunch', 'Lunch'],
  ['Re: AW: Lunch', 'AW: Lunch', 'Lunch'],
  ['Re:\u00a0Lunch', '\u00a0Lunch', 'Lunch'],
]

for (const [subject, base, ofThread] of [
  ...BOTH.map(([given, base]): [string, string, string] => [given, base, base]),
  ...MARKED,
])
  test(`base subject of ${JSON.stringify(subject)}`, () => {
    assert.equal(baseSubject(subject).text, base)
    assert.equal(baseSubject(base).text, base)
    assert.equal(threadSubject(subject), ofThread)
    assert.equal(threadSubject(ofThread), ofThread)
  })

const ANSWERS: Record<string, boolean> = {
  Lunch: false,
  '[list] Lunch': false,
  'Re: Lunch': true,
  '[a] [b] Fw: Lunch': true,
  'Lunch (fwd)': true,
  '[Fwd: Lunch]': true,
  '[list] [Fwd: Lunch]': true,
  '[Fwd: Lunch] tomorrow': false,
  'AW: Lunch': false,
  '': false,
}

for (const [subject, isAnswer] of Object.entries(ANSWERS))
  test(`${JSON.stringify(subject)} ${isAnswer ? 'says' : 'does not say'} that it answers or forwards (RFC 5256 §3)`, () =>
    assert.equal(baseSubject(subject).isAnswer, isAnswer))

test('no subject is long enough to take time', () => {
  for (const piece of ['re:', '[', '[x] ', '(fwd)', '[fwd:', 're[', ' ', 're [x']) {
    assert.ok(baseSubject(piece.repeat(300_000)).text.length <= 2_000)
    assert.ok(threadSubject(piece.repeat(300_000)).length <= 2_000)
  }
})
