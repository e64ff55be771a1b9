import { Refusal } from '#system'
import type { Sql, Storage } from '#storage'
import { giveStep, readStep, useStep } from '../steps/step.ts'
import type { HalfWay } from './sign-in.ts'

/** From the second factor to the form that reopens: time to read what it says. */
const MINUTES = 15

const REOPENS = 'reopening'

interface Content {
  accountId: number
  setAt: number
  network: string
  isShort: boolean
  address: string
}

/** Who wants to reopen a closed account that asks for a second factor, and has given it. */
export type Reopener = Omit<HalfWay, 'reopens'>

/** @param halfWay  as passWithCode or passWithPasskey gave it */
export const beginReopening = (
  storage: Pick<Storage, 'keys'>,
  { accountId, passwordSetAt, network, isShort, address }: HalfWay,
): Promise<string> => {
  const content: Content = { accountId, setAt: passwordSetAt.getTime(), network, isShort, address }
  return giveStep(storage, REOPENS, content, MINUTES)
}

/** @throws Refusal 'expired' */
export async function readReopening(storage: Storage, token: string, network: string): Promise<Reopener> {
  const { setAt, endsMs: _, ...content } = await readStep<Content>(storage, REOPENS, token)
  if (content.network !== network) throw new Refusal('expired')
  return { ...content, passwordSetAt: new Date(setAt) }
}

/** Uses it up, in the transaction of the reopening. @throws Refusal 'expired' also when it is not this account's */
export async function useReopening(storage: Storage, sql: Sql, token: string, accountId: number): Promise<void> {
  const content = await readStep<Content>(storage, REOPENS, token)
  if (content.accountId !== accountId) throw new Refusal('expired')
  await useStep(storage, sql, token, content.endsMs)
}
