import { messagesOf } from '../data/emails.ts'
import type { Email, Id } from '../jmap/types.ts'
import { holdKeys } from '../shell/early.ts'
import { addCommands } from '../shell/keys.svelte.ts'
import { go, here } from '../shell/route.svelte.ts'
import { target } from './current.svelte.ts'

/** How a letter is begun: anew, or with another one. */
export type Begin = 'new' | 'reply' | 'replyAll' | 'forward'

const inbox = { page: 'mail', where: { kind: 'mailbox', slug: 'inbox' }, only: undefined, thread: undefined } as const

/** What was focused when a letter was begun, to get the focus back. */
let opener: Element | null = null

/**
 * Opens the composer beside what is shown.
 * @param token  as the address line names it (compose/begin.ts)
 */
export function write(token: string): void {
  const place = here()
  const beside = place.page === 'mail' ? place : inbox
  opener = document.activeElement
  holdKeys()
  go({ ...beside, write: token })
}

/** Gives the focus back after the composer has closed. */
export function focusOpener(): void {
  const back =
    opener instanceof HTMLElement && opener.isConnected ? opener : document.querySelector<HTMLElement>('.rows-scroll')
  back?.focus({ preventScroll: true })
}

export function answer(how: Exclude<Begin, 'new'>, id: Id): void {
  write(`${how}:${id}`)
}

/** The letter that an answer to a conversation answers: its newest that is no draft. */
export function answerable(messages: readonly Email[]): Email | undefined {
  return messages.findLast((email) => !email.keywords['$draft'])
}

/** The keys that begin letters, until the returned function is called. */
export function addWriteKeys(reading: () => boolean): () => void {
  const one = () => {
    const on = target(reading())
    return on && !on.all && on.threads.length === 1 ? answerable(messagesOf(on.threads[0] ?? '')) : undefined
  }
  const to = (how: Exclude<Begin, 'new'>) => () => {
    const email = one()
    if (email) answer(how, email.id)
  }
  const some = () => one() !== undefined
  return addCommands([
    { keys: ['c'], text: 'key.write', group: 'app', foot: true, palette: true, run: () => write('new') },
    { keys: ['r'], text: 'key.reply', group: 'act', foot: true, when: some, run: to('reply') },
    { keys: ['a'], text: 'key.replyAll', group: 'act', when: some, run: to('replyAll') },
    { keys: ['f'], text: 'key.forward', group: 'act', when: some, run: to('forward') },
  ])
}
