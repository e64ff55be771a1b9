import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import { send } from '../jmap/http.ts'
import type { AccessEntry } from '../jmap/types.ts'
import { readDigests, verifyChain, type Head, type Seen, type Verdict } from './chain.ts'

/** A look at the person's data. What is shown of it is read from the text that the chain proves, and from nothing else. */
export interface Access {
  number: number
  time: Date
  by: string
  /** Which of the staff; undefined at the machine. */
  staff: number | undefined
  purpose: string
  reference: string
  fields: string[]
  isAboutEverybody: boolean
}

/** Looks that are shown at most. */
const most = 1000

/** How far this browser has seen the chain. Says nothing about anybody, so it may stay on a device that is somebody else's. */
const remembered = 'zegel.accessHead'

export interface Looked {
  accesses: Access[]
  verdict: Verdict
}

/** Loads who has looked, and verifies the chain. @throws Failure */
export async function loadAccesses(): Promise<Looked> {
  const { ids } = await call('AccessEntry/query', { limit: most })
  const list = ids.length === 0 ? [] : (await call('AccessEntry/get', { ids })).list
  const entries = list.toSorted((a, b) => b.number - a.number)
  // The chain after the entries: what comes in between is at its end.
  const digests = await readDigests(async (from) => {
    const answer = await send(`/.well-known/zegel-access-chain?from=${from}`)
    return new Uint8Array(await answer.arrayBuffer())
  })
  const { heads } = (await (await send('/.well-known/zegel-access.json')).json()) as { heads: Head[] }
  const verdict = verifyChain(digests, { heads, shown: entries, seen: readSeen() })
  if (verdict.holds) remember({ number: verdict.links, hash: verdict.hash })
  return { accesses: entries.map(opened), verdict }
}

function opened({ number, text, isAboutEverybody }: AccessEntry): Access {
  const { at, by, staff, purpose, reference, fields } = JSON.parse(text) as Record<string, unknown> & {
    fields: unknown
  }
  if (typeof at !== 'string' || !Array.isArray(fields)) throw new Failure('declined')
  return {
    number,
    time: new Date(at),
    by: String(by),
    staff: typeof staff === 'number' ? staff : undefined,
    purpose: String(purpose),
    reference: String(reference),
    fields: fields.map(String),
    isAboutEverybody,
  }
}

function readSeen(): Seen | undefined {
  try {
    const value = JSON.parse(localStorage.getItem(remembered) ?? 'null') as Partial<Seen> | null
    return typeof value?.number === 'number' && typeof value.hash === 'string'
      ? { number: value.number, hash: value.hash }
      : undefined
  } catch {
    return undefined
  }
}

function remember(seen: Seen): void {
  try {
    localStorage.setItem(remembered, JSON.stringify(seen))
  } catch {
    // Without storage only what was published counts.
  }
}
