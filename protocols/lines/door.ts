import { doorIsOpen, onDoorClosed, type ClientSignedIn } from '#accounts'
import type { Storage } from '#storage'
import type { Log } from '#system'

/** How often it is asked whether a door is still open that nobody has said to be closed. */
const ASK_MS = 60_000

/**
 * Watches what somebody came in by, for a connection that stays open.
 * @param close  ends the connection; called once
 * @returns how to stop
 */
export function watchDoor(
  { storage, log }: { storage: Storage; log: Log },
  signedIn: Pick<ClientSignedIn, 'accountId' | 'door'>,
  close: () => void,
): () => void {
  const { accountId, door } = signedIn
  let isOver = false
  const stop = (): void => {
    isOver = true
    clearInterval(timer)
    unhear()
  }
  const end = (): void => {
    if (isOver) return
    stop()
    close()
  }
  const ask = async (): Promise<void> => {
    try {
      if (!(await doorIsOpen(storage, accountId, door))) end()
    } catch (error) {
      // Without an answer it stays: a database that restarts must not send everyone away.
      log.debug({ err: error }, 'could not ask whether somebody is still signed in')
    }
  }
  const unhear = onDoorClosed(storage, signedIn, end)
  const timer = setInterval(() => void ask(), ASK_MS).unref()
  return stop
}
