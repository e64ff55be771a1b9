import {
  beginWait,
  beginWaitFor,
  dueWaits,
  finishWait,
  noteWait,
  stopWait,
  waitOfStopLink,
  type RecoveryWait,
  type TellWait,
} from '#accounts'
import { wakeQueue } from '#mail/outbound'
import type { Storage } from '#storage'
import { nowMs } from '#system'
import { waitLetters, type RecoverySettings } from './tell.ts'

const tellBegun =
  (storage: Storage, config: RecoverySettings, accountId: number): TellWait =>
  (wait, links) =>
    waitLetters(storage, config, accountId, { outside: 'recoveryWaits', inside: 'recoveryWaits' }, { wait, links })

/** Begins the way back in for whoever has proven the address outside. @throws Refusal as beginWait */
export async function beginRecovery(
  storage: Storage,
  config: RecoverySettings,
  token: string,
  { accountId, network }: { accountId: number; network: string },
): Promise<RecoveryWait> {
  const asked = { accountId, network, waitDays: config.recovery.waitDays }
  const wait = await beginWait(storage, token, asked, tellBegun(storage, config, accountId))
  wakeQueue(storage)
  return wait
}

/** The same at the word of customer service. @throws Refusal as beginWaitFor */
export async function beginRecoveryFor(
  storage: Storage,
  config: RecoverySettings,
  accountId: number,
): Promise<RecoveryWait> {
  const wait = await beginWaitFor(storage, accountId, config.recovery, tellBegun(storage, config, accountId))
  wakeQueue(storage)
  return wait
}

/** Stops it, and tells so on every channel. @returns false when none goes on */
export async function stopRecovery(
  storage: Storage,
  config: Pick<RecoverySettings, 'hostname'>,
  accountId: number,
): Promise<boolean> {
  const stopped = { outside: 'recoveryStopped', inside: 'recoveryStopped' } as const
  const isStopped = await stopWait(storage, accountId, () => waitLetters(storage, config, accountId, stopped))
  if (isStopped) wakeQueue(storage)
  return isStopped
}

/** The same for whoever has the link that stops. */
export async function stopRecoveryBy(
  storage: Storage,
  config: Pick<RecoverySettings, 'hostname'>,
  link: string,
): Promise<boolean> {
  const accountId = await waitOfStopLink(storage, link)
  return accountId !== undefined && (await stopRecovery(storage, config, accountId))
}

/** Lets in whoever has the link, with a new password. @throws Refusal as finishWait */
export async function finishRecovery(
  storage: Storage,
  config: Pick<RecoverySettings, 'hostname'>,
  link: string,
  password: string,
): Promise<void> {
  const done = { outside: 'recoveryDone', inside: 'recoveryDone' } as const
  await finishWait(storage, link, password, (accountId) => waitLetters(storage, config, accountId, done))
  wakeQueue(storage)
}

/**
 * Tells again of every wait, once a day, and mails the link of those whose time is over. That it was done is written with the
 * letters: a crash sends none twice, and none is left out.
 */
export async function goOnWithRecoveries(
  storage: Storage,
  config: RecoverySettings,
): Promise<{ told: number; ready: number }> {
  const done = { told: 0, ready: 0 }
  for (const due of await dueWaits(storage)) {
    const isReady = due.state === 'ready' || due.readyAt.getTime() <= nowMs()
    const kinds = isReady
      ? ({ outside: 'recoveryReady', inside: 'recoveryMailed' } as const)
      : ({ outside: 'recoveryWaits', inside: 'recoveryWaits' } as const)
    const tell = await waitLetters(storage, config, due.accountId, kinds, { wait: due, links: due.links })
    if (await noteWait(storage, due, tell)) done[isReady ? 'ready' : 'told']++
  }
  if (done.told + done.ready > 0) wakeQueue(storage)
  return done
}
