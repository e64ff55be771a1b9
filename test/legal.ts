import assert from 'node:assert/strict'
import { generateKey, readPrivateKey, type PrivateKey } from 'openpgp'
import type { AnyAct, Staff } from '#trust/desk'
import { legalActs } from '#trust/legal'
import { nowMs, openLog, type Config } from '#system'
import type { Storage } from '#storage'

const DAY_MS = 86_400_000

/** Two of the legal desk. */
export const DRISS: Staff = { id: 1, roles: ['legal'] }
export const ILSE: Staff = { id: 2, roles: ['legal'] }

export const inDays = (days: number): string => new Date(nowMs() + days * DAY_MS).toISOString()

/** A case as the desk is shown it. */
export interface Shown {
  id: string
  stage: string
  verdict: { answer: string; reason?: string }
  checks: { name: string; isByAnother: boolean; ticked: object | null }[]
  record: { kind: string; reason: string | null; staff: number | null; until: string | null; accounts: number | null }[]
}

/** An order of a Belgian court, but for the accounts. */
export const court = {
  authority: 'Rechtbank van eerste aanleg Gent',
  country: 'BE',
  kind: 'court',
  basis: 'be-88bis',
  reference: 'GE20.F1.1234',
  channel: 'post',
  answerBy: inDays(7),
  wants: 'data',
  fields: ['addresses', 'created'],
  language: 'nl',
  replyTo: 'griffie@court.example',
}

export interface LegalDesk {
  /** As the channel calls it: through the act's form, and through JSON. */
  call<T = Shown>(name: string, given: object, staff?: Staff): Promise<T>
  /** Ticks all that a case needs: by who took it in, but for what another has to. */
  tickAll(shown: Shown): Promise<Shown>
}

/** @param numbers  of two of the staff, where they are others than those above */
export function legalDesk(storage: Storage, config: Config, numbers = [DRISS.id, ILSE.id]): LegalDesk {
  const [first, second] = numbers.map((id): Staff => ({ id, roles: ['legal'] })) as [Staff, Staff]
  const call = async <T = Shown>(name: string, given: object, staff = first): Promise<T> => {
    const found = legalActs.find((each) => each.name === name) as AnyAct
    assert.ok(found, name)
    const told = await found.run({ storage, config, log: openLog('silent'), staff }, found.given.parse(given))
    return JSON.parse(JSON.stringify(told ?? null)) as T
  }
  return {
    call,
    async tickAll(shown) {
      let last = shown
      for (const { name: check, isByAnother } of shown.checks)
        last = await call('legal.check', { case: shown.id, check, isTrue: true }, isByAnother ? second : first)
      return last
    },
  }
}

/** An authority's key. @param seconds  after which it ends; 0 for never */
export async function authorityKey(
  date = new Date(nowMs()),
  seconds = 0,
): Promise<{ publicKey: string; privateKey: PrivateKey }> {
  const made = await generateKey({
    type: 'curve25519',
    userIDs: [{ name: 'Griffie', email: 'griffie@court.example' }],
    date,
    keyExpirationTime: seconds,
  })
  return { publicKey: made.publicKey, privateKey: await readPrivateKey({ armoredKey: made.privateKey }) }
}
