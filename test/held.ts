import assert from 'node:assert/strict'
import { fileMessage } from '#mail/inbound'
import type { Storage } from '#storage'
import { openCountries, type Config } from '#system'
import { openJournal, type JournalEntry } from '#trust/journal'
import { silent } from './cluster.ts'
import { letter, type MailReader } from './letters.ts'

type Json = Record<string, unknown>

export interface Category extends Json {
  id: string
  count: number | null
  stays: string | null
}

/** What is held about a person, by category. */
export async function heldBy(reader: MailReader): Promise<Record<string, Category>> {
  const { list } = await reader.call('HeldCategory/get', { ids: null })
  return Object.fromEntries((list as Category[]).map((one) => [one.id, one]))
}

/** Writes entries into the journal, now. */
export async function recordNow(
  { storage, config }: { storage: Storage; config: Config },
  entries: readonly JournalEntry[],
): Promise<void> {
  const journal = openJournal(storage, silent, openCountries(config.countries))
  for (const entry of entries) journal.note(entry)
  await journal.close()
}

/** Uploads content that no letter has. */
export async function upload(reader: MailReader, content: string | Uint8Array<ArrayBuffer>): Promise<void> {
  const url = String(reader.session['uploadUrl']).replace('{accountId}', reader.accountId)
  const response = await fetch(url, { method: 'POST', headers: reader.headers, body: content })
  assert.equal(response.status, 201)
}

/** Deletes letters for good. */
export async function destroyLetters(reader: MailReader, ids: string[]): Promise<void> {
  const { notDestroyed } = await reader.call('Email/set', { destroy: ids })
  assert.equal(notDestroyed, null)
}

/** Has a letter arrive; with a finding that says so, it is held back. */
export async function arrive(
  storage: Storage,
  { id, address }: MailReader['person'],
  findings: { name: 'dangerousAttachment' }[] = [],
): Promise<void> {
  const outcomes = await fileMessage(storage, silent, {
    mailFrom: 'bea@example.org',
    trace: Buffer.alloc(0),
    content: letter({ subject: findings.length > 0 ? 'Held back' : 'Lampions' }),
    recipients: [{ accountId: id, address }],
    findings,
  })
  assert.deepEqual(outcomes, [undefined])
}
