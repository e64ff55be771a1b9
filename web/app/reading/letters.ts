import { SvelteMap } from 'svelte/reactivity'
import { call } from '../jmap/client.svelte.ts'
import { Failure, failedWith } from '../jmap/failure.ts'
import type { Id, Letter } from '../jmap/types.ts'
import { findKept, keepLetters } from '../offline/keep.svelte.ts'

export const properties = [
  'id',
  'blobId',
  'size',
  'sentAt',
  'sender',
  'replyTo',
  'cc',
  'bcc',
  'textBody',
  'htmlBody',
  'attachments',
  'header:List-Unsubscribe:asURLs',
  'header:Disposition-Notification-To:asAddresses',
  'header:X-Priority:asText',
  'header:Importance:asText',
  'verdict',
  'deliveredTo',
  'bodyValues',
]
export const bodyProperties = ['partId', 'blobId', 'size', 'name', 'type', 'charset', 'disposition', 'cid']

/** More of one text than this is not shown but offered as a file. */
export const mostBytes = 1_000_000
const keptLetters = 24

/** The letters read last, with their texts. */
export const letters = new SvelteMap<Id, Letter>()

/** Those that are open now. */
let open: readonly Id[] = []

/** Loads what is needed to read these messages, which are opened. @throws Failure */
export async function loadLetters(ids: readonly Id[]): Promise<void> {
  open = ids
  await load(ids)
  keepLetters(ids.map((id) => letters.get(id)).filter((letter) => letter !== undefined))
}

/** Loads letters that may be opened next, so that they are there at once. Failing is no loss. */
export async function expectLetters(ids: readonly Id[]): Promise<void> {
  await load(ids).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error
  })
}

/** Letters on their way. One that came twice would be drawn anew under the reader's eyes, its pictures fetched again. */
const coming = new Map<Id, Promise<void>>()

async function load(ids: readonly Id[]): Promise<void> {
  const wanted = ids.filter((id) => !letters.has(id)).slice(0, keptLetters)
  const missing = wanted.filter((id) => !coming.has(id))
  if (missing.length > 0) {
    const fetching = fetchMissing(missing)
    for (const id of missing) coming.set(id, fetching)
  }
  await Promise.all(wanted.flatMap((id) => coming.get(id) ?? []))
  for (const id of letters.keys()) {
    if (letters.size <= keptLetters) break
    if (!ids.includes(id) && !open.includes(id)) letters.delete(id)
  }
}

async function fetchMissing(ids: readonly Id[]): Promise<void> {
  try {
    for (const letter of await fetchLetters(ids)) letters.set(letter.id, letter)
  } finally {
    for (const id of ids) coming.delete(id)
  }
}

/** From the server, or while it does not answer from what the device has kept. */
async function fetchLetters(ids: readonly Id[]): Promise<Letter[]> {
  try {
    const { list } = await call('Email/get', {
      ids: [...ids],
      properties,
      bodyProperties,
      fetchTextBodyValues: true,
      fetchHTMLBodyValues: true,
      maxBodyValueBytes: mostBytes,
    })
    return list
  } catch (error) {
    if (!failedWith(error, 'offline')) throw error
    const kept = await findKept(ids)
    if (kept.length === 0) throw error
    return kept
  }
}
