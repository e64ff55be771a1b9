import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubmissionRecord } from '#mail/submission'
import { showSubmission } from './show.ts'

test('an address that an envelope names in two ways has one answer, under both names', () => {
  const bare = (email: string) => ({ email, parameters: null })
  const status = { smtpReply: '250 2.0.0 Taken', delivered: 'yes', displayed: 'unknown' } as const
  const value: SubmissionRecord = {
    identityId: 1,
    emailId: 2,
    threadId: 3,
    envelope: { mailFrom: bare('anna@zegel.test'), rcptTo: [bare('Bea@example.org'), bare('bea@EXAMPLE.org')] },
    sendAt: '2026-11-22T10:00:00Z',
    undoStatus: 'final',
    deliveryStatus: { 'Bea@example.org': status },
    letterId: 4,
    dsnBlobIds: [],
    mdnBlobIds: [],
  }
  assert.deepEqual(showSubmission({ id: 5, value }), {
    ...showSubmission({ id: 5, value }),
    deliveryStatus: { 'Bea@example.org': status, 'bea@EXAMPLE.org': status },
  })
})
