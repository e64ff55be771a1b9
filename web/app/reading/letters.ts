import { SvelteMap } from 'svelte/reactivity'
import { call } from '../jmap/client.svelte.ts'
import type { Id, Letter } from '../jmap/types.ts'

const properties = [
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
  'bodyValues',
]
const bodyProperties = ['partId', 'blobId', 'size', 'name', 'type', 'charset', 'disposition', 'cid']

/** More of one text than this is not shown but offered as a file. */
const mostBytes = 1_000_000
const keptLetters = 24

/** The letters read last, with their texts. */
export const letters = new SvelteMap<Id, Letter>()

/** Loads what is needed to read these messages. @throws Failure */
export async function loadLetters(ids: readonly Id[]): Promise<void> {
  const missing = ids.filter((id) => !letters.has(id)).slice(0, keptLetters)
  if (missing.length === 0) return
  const { list } = await call('Email/get', {
    ids: missing,
    properties,
    bodyProperties,
    fetchTextBodyValues: true,
    fetchHTMLBodyValues: true,
    maxBodyValueBytes: mostBytes,
  })
  for (const letter of list) letters.set(letter.id, letter)
  for (const id of letters.keys()) {
    if (letters.size <= keptLetters) break
    if (!ids.includes(id)) letters.delete(id)
  }
}
