import { z } from 'zod'
import {
  agreedVersions,
  numbersInForce,
  recordConsent,
  refuseOldVersions,
  versionsToAgreeTo,
  versionsToCome,
} from '#policy'
import type { OpenAccount } from '#storage'
import { id } from '../calls/arguments.ts'
import { method, type CallSession } from '../calls/method.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { utcDateOf } from '../mail/ids.ts'

/** Which versions of policy and terms somebody has agreed to: one object. docs/jmap-extensions.md. */
const ID = 'singleton'

async function consentOf(account: OpenAccount, { context: { storage } }: CallSession): Promise<Shown> {
  const { sql } = storage.database
  const [{ policy = null, terms = null }, toAgree = null, toCome] = await Promise.all([
    agreedVersions(sql, account.id),
    versionsToAgreeTo(sql, account.id),
    versionsToCome(sql),
  ])
  const announced = toCome.map(({ document, version, from }) => ({ document, version, from: utcDateOf(from) }))
  return { id: ID, agreed: { policy, terms }, toAgree, announced }
}

/** It has no change number: these are its versions, and it is not pushed. */
async function state(account: OpenAccount, { context: { storage } }: CallSession): Promise<string> {
  const { sql } = storage.database
  const [agreed, inForce, toCome] = await Promise.all([
    agreedVersions(sql, account.id),
    numbersInForce(sql),
    versionsToCome(sql),
  ])
  const pairs = [agreed, inForce].map(({ policy = 0, terms = 0 }) => `${policy}.${terms}`)
  return [...pairs, ...toCome.map(({ document, version }) => `${document}.${version}`)].join('-')
}

const get = getMethod({
  type: 'Consent',
  properties: ['agreed', 'toAgree', 'announced'],
  state,
  load: async (session, account, { ids }): Promise<Shown[]> =>
    ids !== null && !ids.includes(ID) ? [] : [await consentOf(account, session)],
})

const agree = method({
  name: 'Consent/agree',
  args: z.strictObject({ accountId: id, policy: z.int(), terms: z.int() }),
  async run(session, { accountId, ...versions }) {
    const account = session.openAccount(accountId)
    const { sql } = session.context.storage.database
    await recordConsent(sql, account.id, refuseOldVersions(versions, await numbersInForce(sql)))
    return { accountId }
  },
})

export const consentMethods = [get, agree]
