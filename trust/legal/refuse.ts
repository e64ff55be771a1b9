import { enqueue, prepareOwnLetter, wakeQueue } from '#mail/outbound'
import { Refusal } from '#system'
import type { Desk } from '#trust/desk'
import { askerOf, loadCase, type Case } from './case.ts'
import { decline } from './decline.ts'
import type { RefusalReason } from './event.ts'
import { accountsOf, identify } from './identify.ts'
import { isReleasable } from './intake.ts'
import { refusalLetter } from './letter.ts'
import { isEmpty, packageOf } from './package.ts'
import { requestsPromised } from './receive.ts'
import { recordLook } from './record.ts'
import { appendTo } from './register.ts'

export interface RefusalLetter {
  reason: RefusalReason
  subject: string
  text: string
  /** Whether it could be sent by mail. */
  canSend: boolean
}

/**
 * Refuses a request, for the reason that follows from it. What the operator has to answer cannot be refused.
 * @throws Refusal 'forbidden' with `mustAnswer`, which is written down
 */
export async function refuse(desk: Desk, caseId: string): Promise<RefusalLetter> {
  const { storage, config, staff } = desk
  const found = await identify(desk, await loadCase(storage, config, caseId), await requestsPromised(desk))
  if (found.closed !== undefined || found.intake === undefined) throw new Refusal('expired', { fields: ['case'] })
  const reason = await reasonToRefuse(desk, found)
  if (reason === undefined) return decline(desk, found, 'mustAnswer')
  await appendTo(storage, { caseId, read: found.read }, [
    { ...askerOf(found), kind: 'refused', reason, detail: { staff: staff.id } },
  ])
  return letterOf(desk, await loadCase(storage, config, caseId))
}

async function reasonToRefuse(desk: Desk, found: Case): Promise<RefusalReason | undefined> {
  const { verdict, missing, intake } = found
  if (verdict === undefined || intake === undefined) return undefined
  if (verdict.answer === 'refuse') return verdict.reason
  if (missing.length > 0) return 'formalDefect'
  if (verdict.answer === 'preserve') return undefined
  const fields = intake.fields.filter(isReleasable)
  await recordLook(desk, found, await requestsPromised(desk), accountsOf(found.found), fields)
  return isEmpty(await packageOf(desk.storage, desk.config, found)) ? 'dataGone' : undefined
}

function letterOf({ config }: Desk, found: Case): RefusalLetter {
  const { closed, intake } = found
  if (closed?.kind !== 'refused' || intake === undefined) throw new Refusal('notFound', { fields: ['letter'] })
  const reason = closed.reason as RefusalReason
  return { reason, ...refusalLetter(config, { ...found, intake }, reason), canSend: intake.replyTo !== null }
}

/**
 * The letter of a refused request once more; sent by mail when that is wished.
 * @throws Refusal 'notFound' when the case is not refused, or its details have ended; 'invalid' when no address was given to send it to
 */
export async function refusalLetterOf(desk: Desk, caseId: string, isSent: boolean): Promise<RefusalLetter> {
  const { storage, config, staff } = desk
  const found = await loadCase(storage, config, caseId)
  const letter = letterOf(desk, found)
  if (!isSent) return letter
  const { replyTo: to = null, language = 'en' } = found.intake ?? {}
  if (to === null) throw new Refusal('invalid', { fields: ['replyTo'] })
  const { subject, text } = letter
  const prepared = await prepareOwnLetter(storage, { to, language, subject, text })
  await appendTo(
    storage,
    { caseId, read: found.read },
    [{ ...askerOf(found), kind: 'letterSent', detail: { staff: staff.id } }],
    async (sql) => void (await enqueue(sql, prepared)),
  )
  wakeQueue(storage)
  return letter
}
