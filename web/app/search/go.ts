import { go } from '../shell/route.svelte.ts'
import { rememberSearch } from './palette.svelte.ts'

/** Shows what a search finds; for an empty one, the inbox. */
export function search(text: string, replace = false): void {
  const wanted = text.trim().replace(/\s+/g, ' ')
  if (wanted !== '') rememberSearch(wanted)
  go(
    {
      page: 'mail',
      where: wanted === '' ? { kind: 'mailbox', slug: 'inbox' } : { kind: 'search', text: wanted },
      only: undefined,
      thread: undefined,
    },
    replace,
  )
}
