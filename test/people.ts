import { randomBytes } from 'node:crypto'
import { createAccount, createDomain, isLocalDomain, type NewAccount } from '#accounts'
import type { Storage, Transaction } from '#storage'

/** An account of a test, with what it signs in with. */
export interface Person {
  id: number
  address: string
  password: string
}

export const TEST_DOMAIN = 'zegel.test'

const nothing = async (): Promise<void> => undefined

/**
 * Makes an account at zegel.test, and the domain where it is missing.
 * @param choice  `name` is the local part; without one it is random
 */
export async function addPerson(
  storage: Storage,
  { name = `person-${randomBytes(6).toString('hex')}`, ...choice }: Partial<NewAccount> & { name?: string } = {},
  furnish: (tx: Transaction) => Promise<void> = nothing,
): Promise<Person> {
  if (!(await isLocalDomain(storage, TEST_DOMAIN))) await createDomain(storage, TEST_DOMAIN)
  const account = {
    address: `${name}@${TEST_DOMAIN}`,
    password: `pass-${randomBytes(9).toString('base64url')}`,
    ...choice,
  }
  const id = await createAccount(storage, account, furnish)
  return { id, address: account.address, password: account.password }
}
