import { writeKind } from '#items'
import { destroyMessages, MAIL, readMessages, replaceDrafts, updateMessages, type MessageUpdate } from '#mail'
import type { OpenAccount, Transaction } from '#storage'
import { SetError } from '../../calls/errors.ts'
import type { CallSession } from '../../calls/method.ts'
import { setMethod, type Outcome, type Wishes } from '../../families/set.ts'
import { emailIds } from '../ids.ts'
import { mailError, openReports, type Reports } from '../reports.ts'
import { emailState, statesOf } from '../states.ts'
import { DEFAULT_BODY_PROPERTIES } from './body-part.ts'
import { openBudget } from './budget.ts'
import { addEmail, prepareEmail, type PreparedEmail } from './create.ts'
import { showMetadata, sourceOf } from './get.ts'
import { readPatch, type EmailPatch } from './membership.ts'
import { emailShower, isEmailProperty } from './show.ts'

/** Email/set, RFC 8621 §4.6. All in one transaction; what is slow is done before it. */
export const set = setMethod({
  type: 'Email',
  state: emailState,
  async apply(session, account, wishes, outcome) {
    const creations = await prepareAll(session, account, wishes, outcome)
    const patches = await readPatches(session, account, wishes, outcome)
    const written = await writeKind(account, MAIL, async (tx) => {
      const reports = openReports()
      const made = await addAll(tx, creations, reports)
      const numberOf = (id: string): number | undefined => made.get(id) ?? emailIds.numberOf(session.realId(id) ?? '')
      await updateAll(tx, patches, numberOf, reports)
      await destroyAll(tx, wishes.destroy, numberOf, reports)
      if (isReplacement(creations, wishes.destroy))
        await replaceDrafts(
          tx,
          wishes.destroy.flatMap((id) => numberOf(id) ?? []),
        )
      return reports
    })
    written.result.tell(outcome)
    return statesOf(written, 'items')
  },
})

/**
 * Whether a call saves drafts anew: a program that keeps what somebody is writing makes the new state and destroys the
 * one before. Only the last is kept (DESIGN §3); who deletes more than is made has tidied up, and may restore it.
 */
function isReplacement(creations: ReadonlyMap<string, PreparedEmail>, destroyed: readonly string[]): boolean {
  const drafts = [...creations.values()].filter(({ keywords }) => keywords.some((name) => /^\$draft$/i.test(name)))
  return destroyed.length > 0 && destroyed.length <= drafts.length
}

type NumberOf = (id: string) => number | undefined

async function prepareAll(
  session: CallSession,
  account: OpenAccount,
  { create }: Wishes<unknown>,
  outcome: Outcome,
): Promise<Map<string, PreparedEmail>> {
  const prepared = new Map<string, PreparedEmail>()
  for (const [creationId, given] of create) {
    try {
      prepared.set(creationId, await prepareEmail(session, account, given))
    } catch (error) {
      outcome.failed('create', creationId, mailError(error))
    }
  }
  return prepared
}

/** @returns the numbers of what was created, by `#` and its creation id */
async function addAll(
  tx: Transaction,
  creations: Map<string, PreparedEmail>,
  reports: Reports,
): Promise<Map<string, number>> {
  const made = new Map<string, number>()
  for (const [creationId, prepared] of creations) {
    try {
      const shown = await addEmail(tx, prepared)
      made.set(`#${creationId}`, emailIds.numberOf(shown.id) as number)
      reports.created(creationId, shown)
    } catch (error) {
      reports.failed('create', creationId, mailError(error))
    }
  }
  return made
}

async function readPatches(
  session: CallSession,
  account: OpenAccount,
  { update }: Wishes<unknown>,
  outcome: Outcome,
): Promise<Map<string, MessageUpdate>> {
  const updates = new Map<string, MessageUpdate>()
  for (const [id, patch] of update) {
    try {
      const read = readPatch(session, patch)
      if (read.others.size > 0) await refuseChanges(account, id, read)
      updates.set(id, read.update)
    } catch (error) {
      outcome.failed('update', id, mailError(error))
    }
  }
  return updates
}

const NO_VALUES = {
  bodyProperties: DEFAULT_BODY_PROPERTIES,
  fetchTextBodyValues: false,
  fetchHTMLBodyValues: false,
  fetchAllBodyValues: false,
  maxBodyValueBytes: 0,
}

/** What cannot change may be sent along as it is (RFC 8620 §5.3). @throws SetError 'invalidProperties', 'notFound' */
async function refuseChanges(account: OpenAccount, id: string, { others }: EmailPatch): Promise<void> {
  const names = [...others.keys()]
  const unknown = names.filter((name) => !isEmailProperty(name))
  if (unknown.length > 0) throw new SetError('invalidProperties', undefined, { properties: unknown })
  const [message] = await readMessages(account, emailIds.numbersOf([id]))
  const source = message && sourceOf(account, message)
  if (message === undefined || source === undefined) throw new SetError('notFound')
  const shown = { ...showMetadata(message), ...(await emailShower(names, NO_VALUES, openBudget()).show(source)) }
  const wrong = names.filter(
    (name) => JSON.stringify(shown[name as keyof typeof shown]) !== JSON.stringify(others.get(name)),
  )
  if (wrong.length > 0) throw new SetError('invalidProperties', 'these do not change', { properties: wrong })
}

async function updateAll(
  tx: Transaction,
  patches: ReadonlyMap<string, MessageUpdate>,
  numberOf: NumberOf,
  reports: Reports,
): Promise<void> {
  const numbers = new Map([...patches.keys()].map((id) => [id, numberOf(id) ?? 0]))
  const updates = new Map([...patches].map(([id, update]) => [numbers.get(id) as number, update]))
  const outcomes = updates.size === 0 ? new Map<number, undefined>() : await updateMessages(tx, updates)
  for (const [id, number] of numbers) {
    const refusal = outcomes.get(number)
    if (refusal === undefined) reports.updated(id, null)
    else reports.failed('update', id, mailError(refusal))
  }
}

async function destroyAll(
  tx: Transaction,
  ids: readonly string[],
  numberOf: NumberOf,
  reports: Reports,
): Promise<void> {
  const numbers = new Map(ids.map((id) => [id, numberOf(id) ?? 0]))
  const outcomes = numbers.size === 0 ? new Map<number, undefined>() : await destroyMessages(tx, [...numbers.values()])
  for (const [id, number] of numbers) {
    const refusal = outcomes.get(number)
    if (refusal === undefined) reports.destroyed(id)
    else reports.failed('destroy', id, mailError(refusal))
  }
}
