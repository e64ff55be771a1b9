import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, type FindingName, type Place } from './finding.ts'

const cases: [what: string, found: FindingName[], place: Place][] = [
  ['nothing', [], 'inbox'],
  ['words of junk from whom it says', ['spfPass', 'dmarcPass', 'wordsJunk'], 'junk'],
  ['words that only resemble junk', ['wordsSuspicious'], 'inbox'],
  [
    'them from nobody who proves it, by a server without a name',
    ['unauthenticated', 'noReverseName', 'replyToElsewhere', 'wordsSuspicious'],
    'junk',
  ],
  ['good words in a letter that its domain wants put aside', ['dmarcQuarantine', 'wordsGood'], 'junk'],
  ['good words in a letter that its domain wants refused', ['dmarcReject', 'wordsGood'], 'junk'],
  ['good words of somebody who is blocked', ['senderBlocked', 'dmarcPass', 'wordsGood'], 'refused'],
  ['a program from somebody who is always let in', ['dangerousAttachment', 'senderAllowed'], 'held'],
  ['a virus beside a program', ['dangerousAttachment', 'virus'], 'refused'],
  ['what a trusted forwarder vouches for', ['dmarcReject', 'arcTrusted'], 'inbox'],
]
for (const [what, found, place] of cases)
  test(`${what}: ${place}`, () => {
    assert.equal(judge(found.map((name) => ({ name }))).place, place)
  })
