import assert from 'node:assert/strict'
import test from 'node:test'
import { baseSubject } from './subject.ts'

const SUBJECTS: [string, string][] = [
  ['Lunch', 'Lunch'],
  ['Re: Lunch', 'Lunch'],
  ['RE : re[2]: FWD: Lunch', 'Lunch'],
  ['AW: WG: Antw: SV: VS: TR: Rif: Odp: Lunch', 'Lunch'],
  ['Re:\tLunch   at\r\n noon', 'Lunch at noon'],
  ['[list] Re: [list] Lunch', 'Lunch'],
  ['Re: [list] Lunch (fwd) (fwd)', 'Lunch'],
  ['[fwd: Re: Lunch]', 'Lunch'],
  ['[Fwd: [Fwd: Lunch]] (fwd)', 'Lunch'],
  ['[list]', '[list]'],
  ['Re: [list]', '[list]'],
  ['Re: ', ''],
  ['', ''],
  ['Ref: number', 'Ref: number'],
  ['Resort: open', 'Resort: open'],
  ['Thread: about it', 'Thread: about it'],
  ['回复：Re：午餐', '回复：Re：午餐'],
  ['RÉP: Lunch', 'Lunch'],
]

for (const [subject, base] of SUBJECTS) {
  test(`base subject of ${JSON.stringify(subject)}`, () => {
    assert.equal(baseSubject(subject), base)
    assert.equal(baseSubject(base), base)
  })
}

test('no subject is long enough to take time', () => {
  for (const piece of ['re:', '[', '[x] ', '(fwd)', '[fwd:', 're[', ' ', 're [x'])
    assert.ok(baseSubject(piece.repeat(300_000)).length <= 2_000)
})
