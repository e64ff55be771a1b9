import { SvelteMap } from 'svelte/reactivity'
import { call, limit, session } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Id, Note } from '../jmap/types.ts'
import { followType } from './collection.svelte.ts'
import { bringBackDeleted } from './deleted.svelte.ts'
import { chunks } from './emails.ts'

/** The notes on messages that were looked at, the oldest first. */
const notes = new SvelteMap<Id, readonly Note[]>()
const keptMessages = 200

export function notesOn(emailId: Id): readonly Note[] {
  return notes.get(emailId) ?? []
}

/** Loads the notes on these messages, unless they are here. Where the server does not answer, there are none for now. */
export async function loadNotes(emailIds: readonly Id[], anew = false): Promise<void> {
  if (!('urn:zegel:mail' in session().capabilities)) return
  const wanted = emailIds.filter((id) => anew || !notes.has(id))
  try {
    for (const part of chunks(wanted, limit('maxObjectsInGet'))) {
      const query = call('Note/query', { filter: { emailIds: part } })
      const [, { list }] = await Promise.all([query, call('Note/get', { '#ids': query.ref('/ids') })])
      for (const id of part)
        notes.set(
          id,
          list.filter((note) => note.emailId === id).sort((a, b) => a.createdAt.localeCompare(b.createdAt)),
        )
    }
    for (const id of notes.keys()) {
      if (notes.size <= keptMessages) break
      if (!emailIds.includes(id)) notes.delete(id)
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}

followType('Note', () => loadNotes([...notes.keys()], true))

/** @throws Failure 'declined' */
export async function addNote(emailId: Id, text: string): Promise<void> {
  const { notCreated } = await call('Note/set', { create: { made: { emailId, text } } })
  if (notCreated?.['made']) throw new Failure('declined', notCreated['made'].type)
  await loadNotes([emailId], true)
}

/** @throws Failure 'declined' */
export async function changeNote({ id, emailId }: Note, text: string): Promise<void> {
  const { notUpdated } = await call('Note/set', { update: { [id]: { text } } })
  if (notUpdated?.[id]) throw new Failure('declined', notUpdated[id].type)
  await loadNotes([emailId], true)
}

/** @throws Failure 'declined' */
export async function deleteNote({ id, emailId }: Note): Promise<void> {
  const { notDestroyed } = await call('Note/set', { destroy: [id] })
  const error = notDestroyed?.[id]
  if (error && error.type !== 'notFound') throw new Failure('declined', error.type)
  await loadNotes([emailId], true)
}

/** @throws Failure 'declined' */
export async function undeleteNote({ id, emailId }: Note): Promise<void> {
  await bringBackDeleted(id)
  await loadNotes([emailId], true)
}
