import { findAddressee, findHolder } from '#accounts'
import type { Promises } from '#policy'
import type { Storage } from '#storage'
import type { Desk } from '#trust/desk'
import { askerOf, loadCase, type Case } from './case.ts'
import { recordLook } from './record.ts'
import { appendTo } from './register.ts'

/**
 * Looks for the accounts that a request names, once: only of one that the operator has to answer, for whoever has no right to an answer
 * must not learn by us whether an account exists. An account that is erased is none.
 */
export async function identify(desk: Desk, found: Case, requests: Promises['requests']): Promise<Case> {
  const { storage, config, staff } = desk
  const { intake, verdict } = found
  if (intake === undefined || verdict?.answer === 'refuse' || found.found !== undefined) return found
  const named = await Promise.all(
    [...new Set(intake.accounts)].map(async (address) => ({
      address,
      accountId: await findAccountOf(storage, address),
    })),
  )
  const known = accountsOf(named)
  await recordLook(desk, found, requests, known, ['state'])
  await appendTo(storage, { caseId: found.id, read: found.read }, [
    { ...askerOf(found), kind: 'identified', accounts: known.length, detail: { staff: staff.id, found: named } },
  ])
  return loadCase(storage, config, found.id)
}

async function findAccountOf(storage: Storage, address: string): Promise<number | null> {
  return (await findHolder(storage, address)) ?? (await findAddressee(storage, address)) ?? null
}

/** The accounts that were found, each once: several addresses may be one person's. */
export const accountsOf = (found: Case['found']): number[] => [
  ...new Set((found ?? []).flatMap(({ accountId }) => accountId ?? [])),
]
