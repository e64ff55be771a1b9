import assert from 'node:assert/strict'
import { test } from 'node:test'
import { causeOf } from './cause.ts'

const replies: [reply: string, cause: string][] = [
  ['550 5.1.1 No such user', 'noAddress'],
  ['550-5.1.1 The email account that you tried to reach', 'noAddress'],
  ['550 5.1.2 There is no such domain', 'noDomain'],
  ['556 5.1.10 The domain takes no mail', 'takesNoMail'],
  ['452 4.2.2 Mailbox full', 'mailboxFull'],
  ['550 5.2.1 Disabled', 'mailboxClosed'],
  ['552 5.3.4 Message too big', 'tooLarge'],
  ['554 5.4.6 Too many hops', 'loop'],
  ['451 4.4.1 The other server does not answer', 'noAnswer'],
  ['553 5.6.7 The other server cannot take addresses in UTF-8', 'needsOtherSigns'],
  ['550 5.7.1 Rejected as spam', 'refused'],
  ['451 4.7.1 Greylisted, please try again later', 'notNow'],
  ['421 Closing', 'notNow'],
  ['550 Requested action not taken', 'other'],
  ['', 'other'],
  ['HTTP/1.1 200 OK', 'other'],
]
for (const [reply, cause] of replies)
  test(`"${reply}" means ${cause}`, () => {
    assert.equal(causeOf(reply), cause)
  })
