import { ConnectionLost } from '#protocols/lines'
import { string } from '../output/strings.ts'
import type { Session } from '../session.ts'

/** A command that takes so long says so, and again after as long: RFC 9585 §3 would have 10 to 15 seconds. */
const EVERY_MS = 10_000

export type Progress = (done: number, all: number) => void

/**
 * Says how far a long search is (RFC 9585), and ends one whose client has gone.
 * @param timeMs  a clock that only goes forward
 */
export function progressOf(
  session: Pick<Session, 'connection' | 'tag' | 'untagged'>,
  timeMs = () => performance.now(),
): Progress {
  let saidAt = timeMs()
  return (done, all) => {
    if (session.connection.isLost) throw new ConnectionLost()
    if (timeMs() - saidAt < EVERY_MS) return
    saidAt = timeMs()
    session.untagged(`OK [INPROGRESS (${string(session.tag)} ${done} ${all})] Still looking`)
  }
}
