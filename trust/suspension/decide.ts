import { keepSuspended, lapsedAppeals, liftSuspension } from '#accounts'
import { wakeQueue } from '#mail/outbound'
import { letterAbout, type LetterSettings } from '#trust/closing'
import { noteLock } from '#trust/legal'
import type { Storage } from '#storage'

/** Lifts a suspension; letters that waited leave. @returns false when there is none */
export async function lift(storage: Storage, config: LetterSettings, accountId: number): Promise<boolean> {
  const tell = await letterAbout(storage, config, accountId, 'suspensionLifted', { isOpen: true })
  const isLifted = await liftSuspension(storage, accountId, async (sql) => {
    await tell(sql)
    await noteLock(storage, sql, 'reversed')
  })
  wakeQueue(storage)
  return isLifted
}

/** Turns an appeal down. @throws Refusal as keepSuspended */
export async function keep(storage: Storage, config: LetterSettings, accountId: number, reason: string): Promise<void> {
  const tell = await letterAbout(storage, config, accountId, 'suspensionKept', { isOpen: true })
  await keepSuspended(storage, await storage.openAccount(accountId), reason, async (sql) => {
    await tell(sql)
    await noteLock(storage, sql, 'upheld')
  })
  wakeQueue(storage)
}

/** Lifts suspensions whose appeals nobody has decided in time. @returns how many */
export async function liftLapsed(storage: Storage, config: LetterSettings): Promise<number> {
  let lifted = 0
  for (const accountId of await lapsedAppeals(storage)) if (await lift(storage, config, accountId)) lifted++
  return lifted
}
