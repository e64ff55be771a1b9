import { SvelteMap } from 'svelte/reactivity'
import { call } from '../jmap/client.svelte.ts'
import type { Id, Mailbox, Role } from '../jmap/types.ts'
import { heardState, setState, stateOf } from './states.ts'

/** All mailboxes. There are few, so all are kept. */
export const mailboxes = new SvelteMap<Id, Mailbox>()

/** The mailboxes with a role we know, in the order in which they stand. */
export const roles: readonly Role[] = ['inbox', 'snoozed', 'drafts', 'sent', 'archive', 'junk', 'trash']

export interface Branch {
  mailbox: Mailbox
  depth: number
}

export async function loadMailboxes(): Promise<void> {
  const { list, state } = await call('Mailbox/get', { ids: null })
  heardState('Mailbox', state)
  const here = new Set(list.map((mailbox) => mailbox.id))
  for (const id of mailboxes.keys()) if (!here.has(id)) mailboxes.delete(id)
  for (const mailbox of list) mailboxes.set(mailbox.id, mailbox)
}

/** Takes over what changed in mailboxes since our copy. @throws Failure 'cannotCalculateChanges' */
export async function syncMailboxes(): Promise<void> {
  const sinceState = stateOf('Mailbox')
  if (sinceState === undefined) return loadMailboxes()
  const changes = call('Mailbox/changes', { sinceState })
  const created = call('Mailbox/get', { '#ids': changes.ref('/created') })
  const updated = call('Mailbox/get', {
    '#ids': changes.ref('/updated'),
    '#properties': changes.ref('/updatedProperties'),
  })
  const [changed, news, updates] = await Promise.all([changes, created, updated])
  for (const id of changed.destroyed) mailboxes.delete(id)
  for (const mailbox of news.list) mailboxes.set(mailbox.id, mailbox)
  for (const part of updates.list) {
    const mailbox = mailboxes.get(part.id)
    if (mailbox) mailboxes.set(part.id, { ...mailbox, ...part })
  }
  setState('Mailbox', changed.newState)
  if (changed.hasMoreChanges) await syncMailboxes()
}

export function withRole(role: Role): Mailbox | undefined {
  for (const mailbox of mailboxes.values()) if (mailbox.role === role) return mailbox
  return undefined
}

/** Mailboxes with a role first, then the person's own as a tree, in the order of the server and then of the names. */
export function tree(language: string): { special: Mailbox[]; own: Branch[] } {
  const special = roles.map(withRole).filter((mailbox) => mailbox !== undefined)
  const byName = new Intl.Collator(language, { numeric: true })
  const rest = [...mailboxes.values()]
    .filter((mailbox) => !special.includes(mailbox))
    .sort((a, b) => a.sortOrder - b.sortOrder || byName.compare(a.name, b.name))
  const own: Branch[] = []
  const add = (parentId: Id | null, depth: number) => {
    for (const mailbox of rest)
      if (parentOf(mailbox, special) === parentId) {
        own.push({ mailbox, depth })
        add(mailbox.id, depth + 1)
      }
  }
  add(null, 0)
  return { special, own }
}

/** A folder below the inbox or another special mailbox stands with the person's own, at the top. */
function parentOf(mailbox: Mailbox, special: Mailbox[]): Id | null {
  return special.some((one) => one.id === mailbox.parentId) ? null : mailbox.parentId
}

export function hasChildren(id: Id): boolean {
  for (const mailbox of mailboxes.values()) if (mailbox.parentId === id) return true
  return false
}
