import type { Id } from '../jmap/types.ts'
import { go, here } from '../shell/route.svelte.ts'
import { begin } from './begin.ts'
import type { Draft } from './draft.svelte.ts'
import { onSaved, save } from './saving.ts'

/** The letters being written, by every name the address line has had for them. More than one can be, in turn. */
const open = new Map<string, Draft>()

/** The letter that a place names; begun or loaded when it is not open. */
export function draftAt(token: string): Draft {
  const known = open.get(token)
  if (known && known.status !== 'failed') return known
  const draft = begin(token)
  open.set(token, draft)
  return draft
}

/** Puts a letter that is no longer open back, as when its sending was undone. */
export function reopen(draft: Draft, id: Id): void {
  draft.emailId = id
  keepOpen(draft)
}

/** Keeps a letter open under the name it has now. */
export function keepOpen(draft: Draft): void {
  open.set(draft.emailId ?? draft.token, draft)
}

/** Forgets a letter: it was sent or thrown away. */
export function forget(draft: Draft): void {
  for (const [token, one] of open) if (one === draft) open.delete(token)
}

/** Saves a letter that is left, and forgets it once that is done. */
export async function leave(draft: Draft): Promise<void> {
  if (draft.isEmpty()) return forget(draft)
  await save(draft)
  const place = here()
  const stays = place.page === 'mail' && place.write !== undefined && open.get(place.write) === draft
  if (!stays && draft.saved === 'saved') forget(draft)
}

// The address line follows: loading the page anew leads to what was saved last.
onSaved((draft, before) => {
  const { emailId } = draft
  if (emailId === undefined || open.get(before ?? draft.token) !== draft) return
  const place = here()
  const shown = place.page === 'mail' && place.write !== undefined && open.get(place.write) === draft
  open.set(emailId, draft)
  if (shown) go({ ...place, write: emailId }, true)
})
