import { checkBasic } from '#accounts'
import type { Storage } from '#storage'

/** Who has signed in. */
export interface Visitor {
  accountId: number
  /** Whether the password only reads. */
  isReadOnly: boolean
}

export interface Pair {
  address: string
  password: string
  /** Of the client, by networkOf. */
  network: string
}

/** @throws Refusal 'badCredentials', 'tooManyAttempts', 'overload' */
export type CheckPair = (storage: Storage, pair: Pair) => Promise<Visitor>

/** The one place at which POP3 asks who somebody is. A program that fetches every few minutes brings the same pair again. */
export const checkPair: CheckPair = async (storage, pair) => {
  const { accountId } = await checkBasic(storage, pair)
  return { accountId, isReadOnly: false }
}
