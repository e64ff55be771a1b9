import { wakeQueue } from '#mail/outbound'
import { now, Refusal, type Config } from '#system'
import type { Storage } from '#storage'
import { askerOf, loadCase } from './case.ts'
import { noticeOf } from './notice.ts'
import { appendTo } from './register.ts'

/** Cases of one round. */
const MOST = 200

type Settings = Pick<Config, 'operator' | 'hostname'>

/** What comes by its date, without anybody: notices whose delay is over leave, orders to preserve end. */
export async function keepDates(storage: Storage, settings: Settings): Promise<{ noticed: number; ended: number }> {
  return { ended: await endPreservations(storage, settings), noticed: await giveNotices(storage, settings) }
}

async function endPreservations(storage: Storage, settings: Settings): Promise<number> {
  const { rows } = await storage.database.sql<{ case_id: string }>`
    select e.case_id from legal_event e where kind = 'preserved' and until <= ${now()} and not exists (
      select from legal_event other where other.case_id = e.case_id and other.kind = 'preservationEnded')
    order by number limit ${MOST}`
  let ended = 0
  for (const { case_id: caseId } of rows) {
    const found = await loadCase(storage, settings, caseId)
    if (
      await once(() =>
        appendTo(storage, { caseId, read: found.read }, [{ ...askerOf(found), kind: 'preservationEnded' }]),
      )
    )
      ended++
  }
  return ended
}

async function giveNotices(storage: Storage, settings: Settings): Promise<number> {
  const { rows } = await storage.database.sql<{ case_id: string }>`
    select distinct e.case_id from legal_event e where kind = 'noticeDelayed' and until <= ${now()} and not exists (
      select from legal_event other where other.case_id = e.case_id and other.kind = 'noticeGiven')
    order by e.case_id limit ${MOST}`
  let noticed = 0
  for (const { case_id: caseId } of rows) {
    const found = await loadCase(storage, settings, caseId)
    const of = found.events.findLast(({ kind }) => kind === 'released' || kind === 'preserved')
    const notice = await noticeOf(storage, settings, found, {
      ...(of && { at: of.at }),
      heldUntil: of?.until ?? undefined,
    })
    if (await once(() => appendTo(storage, { caseId, read: found.read }, notice.events, notice.tell))) noticed++
  }
  if (noticed > 0) wakeQueue(storage)
  return noticed
}

/** @returns false when somebody has added to the case meanwhile: the next round looks again */
async function once(work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'expired') return false
    throw error
  }
}
