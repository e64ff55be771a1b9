import { accountId, accountLimit, call } from '../jmap/client.svelte.ts'
import { Failure, failedWith } from '../jmap/failure.ts'
import { send } from '../jmap/http.ts'
import type { Id, MailImport, ProviderAccount } from '../jmap/types.ts'
import { follow, wait } from './following.ts'

const transfer = 'urn:zegel:transfer'

/** Bytes of one file, and of a part of it. */
export const mostBytes = (): number => accountLimit(transfer, 'maxSize') ?? 0
const partBytes = (): number => accountLimit(transfer, 'maxSizePart') ?? 1_000_000

interface Imports {
  all: MailImport[]
  status: 'unknown' | 'ready' | 'failed'
}

/** What was brought in, the newest first. Read only outside this file. */
export const imports: Imports = $state({ all: [], status: 'unknown' })

/** Files that this page sends. One that was chosen on another page, or before it was loaded again, has to be chosen anew. */
const sending = new Map<Id, AbortController>()
export const isSentHere = (id: Id): boolean => sending.has(id)

export const isOver = ({ state }: MailImport): boolean => state === 'done' || state === 'stopped' || state === 'failed'

/** Milliseconds before a line that broke is tried again. */
const restMs = 3000

export async function loadImports(): Promise<void> {
  try {
    imports.all = (await call('MailImport/get', { ids: null })).list
    imports.status = 'ready'
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // What is shown stays: the next look may find the server again.
    if (imports.status === 'unknown') imports.status = 'failed'
  }
}

/** Looks again and again while something moves. @returns how to stop */
export const followImports = (): (() => void) =>
  follow(() => imports.status !== 'ready' || imports.all.some((one) => !isOver(one)), loadImports)

/** Begins an import and sends its file. @throws Failure when it cannot begin */
export async function bring(file: File, mailboxId: Id | null): Promise<void> {
  const answer = await call('MailImport/set', { create: { file: { name: file.name, size: file.size, mailboxId } } })
  const id = answer.created?.['file']?.id
  if (id === undefined) throw new Failure('declined', answer.notCreated?.['file']?.type ?? 'unknown')
  const sent = sendRest(id, file)
  await loadImports()
  void sent
}

/** Begins an import from another provider. @throws Failure when it cannot begin */
export async function bringFrom(origin: ProviderAccount, mailboxId: Id | null): Promise<void> {
  const given = { source: 'imap', ...origin, mailboxId }
  const answer = await call('MailImport/set', { create: { provider: given } })
  if (answer.created?.['provider'] === undefined) {
    const error = answer.notCreated?.['provider']
    throw new Failure('declined', error?.type ?? 'unknown', error?.properties?.[0])
  }
  await loadImports()
}

/** Goes on with one that was stopped, or has failed. @throws Failure */
export async function resume(id: Id, password: string): Promise<void> {
  const { notUpdated } = await call('MailImport/set', { update: { [id]: { state: 'waiting', password } } })
  const error = notUpdated?.[id]
  if (error) throw new Failure('declined', error.type)
  await loadImports()
}

/** Whether a file is the one that an import is of, as far as that can be told. */
export const isFileOf = ({ name, size }: MailImport, file: File): boolean => file.name === name && file.size === size

/** Sends what is missing of a file, part after part, and goes on when the line is there again. */
export async function sendRest(id: Id, file: File): Promise<void> {
  const stopping = new AbortController()
  sending.set(id, stopping)
  try {
    for (let at = await receivedOf(id); at !== undefined && at < file.size && !stopping.signal.aborted;)
      try {
        const url = `/jmap/import/${accountId()}/${id}/${at}`
        const answer = await send(url, {
          method: 'POST',
          body: file.slice(at, at + partBytes()),
          signal: stopping.signal,
        })
        at = ((await answer.json()) as { received: number }).received
      } catch (error) {
        if (stopping.signal.aborted) return
        if (!(error instanceof Failure) || error.kind === 'signedOut' || failedWith(error, '413')) throw error
        await wait(restMs)
        at = await receivedOf(id).catch(() => at)
      }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  } finally {
    sending.delete(id)
    await loadImports()
  }
}

/** How much of a file the server has; undefined when it takes no more. */
async function receivedOf(id: Id): Promise<number | undefined> {
  const [found] = (await call('MailImport/get', { ids: [id] })).list
  return found?.state === 'uploading' ? found.received : undefined
}

/** @throws Failure */
export async function stop(id: Id): Promise<void> {
  sending.get(id)?.abort()
  await call('MailImport/set', { update: { [id]: { state: 'stopped' } } })
  await loadImports()
}

/** Takes one that is over off the list. @throws Failure */
export async function forget(id: Id): Promise<void> {
  await call('MailImport/set', { destroy: [id] })
  await loadImports()
}
