import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Id, MailCollection, ProviderAccount, SetError } from '../jmap/types.ts'
import { follow } from './following.ts'

interface Collections {
  all: MailCollection[]
  status: 'unknown' | 'ready' | 'failed'
}

/** Accounts elsewhere that are collected again and again. Read only outside this file. */
export const collections: Collections = $state({ all: [], status: 'unknown' })

/** What can be chosen, and changed afterwards. */
export type Choices = Pick<MailCollection, 'mailboxId' | 'everyMinutes' | 'leavesThere'>

/** Milliseconds between two looks at what rests, and for how long something is looked at that was asked for here. */
const restMs = 15_000
const askedMs = 10_000

/** When something was asked for here: the clock of this device may not agree with the server's about what is due. */
let askedAt = -Infinity

/** Whether something is about to change. */
const moves = ({ isRunning, dueAt }: MailCollection): boolean =>
  isRunning || (dueAt !== null && Date.parse(dueAt) <= Date.now())

export async function loadCollections(): Promise<void> {
  try {
    collections.all = (await call('MailCollection/get', { ids: null })).list
    collections.status = 'ready'
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // What is shown stays: the next look may find the server again.
    if (collections.status === 'unknown') collections.status = 'failed'
  }
}

/** Looks again and again, more often while something moves. @returns how to stop */
export function followCollections(): () => void {
  let lookedAt = -Infinity
  const isDue = (): boolean => {
    const now = performance.now()
    return collections.all.some(moves) || now <= askedAt + askedMs || now >= lookedAt + restMs
  }
  return follow(isDue, async () => {
    await loadCollections()
    lookedAt = performance.now()
  })
}

/** Begins to collect. @throws Failure when it cannot begin */
export async function collectFrom(
  account: ProviderAccount & Pick<MailCollection, 'protocol'>,
  choices: Choices,
): Promise<void> {
  const answer = await call('MailCollection/set', { create: { account: { ...account, ...choices } } })
  if (answer.created?.['account'] === undefined) refuse(answer.notCreated?.['account'])
  askedAt = performance.now()
  await loadCollections()
}

/** @throws Failure */
async function update(id: Id, patch: Record<string, unknown>): Promise<void> {
  const { notUpdated } = await call('MailCollection/set', { update: { [id]: patch } })
  if (notUpdated?.[id]) refuse(notUpdated[id])
  askedAt = performance.now()
  await loadCollections()
}

function refuse(error: SetError | undefined): never {
  throw new Failure('declined', error?.type ?? 'unknown', error?.properties?.[0])
}

export const collectNow = (id: Id): Promise<void> => update(id, { dueAt: null })
export const pause = (id: Id): Promise<void> => update(id, { state: 'paused' })
/** With the password it has, or another. */
export const goOn = (id: Id, password?: string): Promise<void> =>
  update(id, { state: 'active', ...(password === undefined ? {} : { password }) })
export const changeCollection = (id: Id, choices: Partial<Choices>): Promise<void> => update(id, choices)

/** Collects it no more. @throws Failure */
export async function removeCollection(id: Id): Promise<void> {
  const { notDestroyed } = await call('MailCollection/set', { destroy: [id] })
  if (notDestroyed?.[id]) refuse(notDestroyed[id])
  await loadCollections()
}
