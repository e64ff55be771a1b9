import { call, fetchBlob, session, uploadBlob } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Id, SetError, SieveScript } from '../jmap/types.ts'
import { followType } from './collection.svelte.ts'

/** Under which name the rules of the app stand, in every language: other programs show it. */
export const rulesName = 'Zegel rules'

export interface Script extends SieveScript {
  name: string
  text: string
}

interface Known {
  status: 'unknown' | 'ready' | 'failed'
  all: readonly Script[]
}

/** All scripts with their texts: there are few, and they are short. Read only outside this file. */
export const scripts: Known = $state({ status: 'unknown', all: [] })

/** What `scripts` is as of, so that nothing is written over that was not seen. */
let state: string | undefined
let loading: Promise<void> = Promise.resolve()

/** Loads them, one time after another. */
export function loadScripts(): Promise<void> {
  return (loading = loading.then(load))
}

async function load(): Promise<void> {
  try {
    if (!('urn:ietf:params:jmap:sieve' in session().capabilities)) throw new Failure('declined', 'unknownCapability')
    const { list, state: now } = await call('SieveScript/get', { ids: null })
    const known = new Map(scripts.all.map(({ blobId, text }) => [blobId, text]))
    const all: Script[] = []
    for (const one of list) {
      const text = known.get(one.blobId) ?? (await textOf(one.blobId))
      all.push({ ...one, name: one.name ?? '', text })
    }
    state = now
    Object.assign(scripts, { status: 'ready', all })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // What was loaded before is still the best that is known.
    if (scripts.status !== 'ready') scripts.status = 'failed'
  }
}

const type = 'application/sieve'

async function textOf(blobId: Id): Promise<string> {
  return (await fetchBlob(blobId, 'script.sieve', type)).text()
}

followType('SieveScript', async () => {
  if (scripts.status !== 'unknown') await loadScripts()
})

export const ownScript = (): Script | undefined => scripts.all.find(({ name }) => name === rulesName)
export const activeScript = (): Script | undefined => scripts.all.find(({ isActive }) => isActive)

export interface Keeping {
  /** Of one that is there. */
  id?: Id
  name?: string
  text?: string
  isActive?: true
}

/** Keeps a script, a new one where no id is named. @throws Failure 'stateMismatch' when they have changed since; 'declined' */
export async function keepScript({ id, name, text, isActive }: Keeping): Promise<void> {
  // They may be loaded anew while the text is on its way.
  const since = state
  const value = {
    ...(name === undefined ? {} : { name }),
    ...(text === undefined ? {} : { blobId: await uploadBlob(new Blob([text], { type })) }),
  }
  await change(since, {
    ...(id === undefined ? { create: { made: value } } : { update: { [id]: value } }),
    ...(isActive ? { onSuccessActivateScript: id ?? '#made' } : {}),
  })
}

/** From now on this one files what arrives, or none. @throws Failure */
export async function activateScript(id: Id | undefined): Promise<void> {
  await change(state, id === undefined ? { onSuccessDeactivateScript: true } : { onSuccessActivateScript: id })
}

/** @throws Failure */
export async function removeScript(id: Id): Promise<void> {
  await change(state, { destroy: [id] })
}

async function change(since: string | undefined, args: Parameters<typeof call<'SieveScript/set'>>[1]): Promise<void> {
  try {
    const result = await call('SieveScript/set', { ...args, ...(since === undefined ? {} : { ifInState: since }) })
    for (const errors of [result.notCreated, result.notUpdated, result.notDestroyed])
      for (const error of Object.values(errors ?? {})) throw failureOf(error)
  } finally {
    await loadScripts()
  }
}

const failureOf = ({ type: reason, description }: SetError): Failure =>
  new Failure('declined', reason, description ?? '')
