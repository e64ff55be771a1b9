import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Grant, Id, Ticket } from '../jmap/types.ts'
import { followType } from '../data/collection.svelte.ts'

/** What somebody has asked customer service, the newest first; undefined until it is known. Read only outside this file. */
export const tickets: { all: Ticket[] | undefined; failed: boolean } = $state({ all: undefined, failed: false })

/** What a ticket can be about, in the order in which it is offered. */
export const kinds = ['delivery', 'access', 'plan', 'sync', 'domain', 'other'] as const satisfies Ticket['kind'][]

/** What can be allowed, in the order in which it is offered. */
export const grantable = ['deliveries', 'settings', 'senders', 'addresses'] as const satisfies Grant['fields']

export async function loadTickets(): Promise<void> {
  followType('Ticket', loadTickets)
  try {
    const { list } = await call('Ticket/get', { ids: null })
    tickets.all = list.toSorted((a, b) => b.number - a.number)
    tickets.failed = false
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // What was known is still worth more than nothing.
    tickets.failed = tickets.all === undefined
  }
}

/** @returns its id @throws Failure */
export async function createTicket(ticket: Pick<Ticket, 'kind' | 'subject' | 'grant'> & { text: string }): Promise<Id> {
  const { created, notCreated } = await call('Ticket/set', { create: { made: ticket } })
  const id = created?.['made']?.id
  if (id === undefined) throw new Failure('declined', notCreated?.['made']?.type)
  await loadTickets()
  return id
}

/** @param change  one of them @throws Failure */
export async function changeTicket(
  id: Id,
  change: { answer: string } | { state: 'closed' } | { grant: Grant | null },
): Promise<void> {
  const { notUpdated } = await call('Ticket/set', { update: { [id]: change } })
  if (notUpdated?.[id]) throw new Failure('declined', notUpdated[id].type)
  await loadTickets()
}
