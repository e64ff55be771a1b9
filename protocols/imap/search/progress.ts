import { ConnectionLost } from '#protocols/lines'
import { string } from '../output/strings.ts'
import type { Session } from '../session.ts'

/** A command that takes so long says so, and again after as long: RFC 9585 §4 would have 10 to 15 seconds. */
const EVERY_MS = 10_000

export type Progress = (done: number, all: number) => void

/**
 * Says how far a long search is (RFC 9585), and ends one whose client has gone. What is done only grows (§4), also where a
 * search goes through several lists one after the other: from the second on nobody knows how much there will be in all.
 * @param timeMs  a clock that only goes forward
 */
export function progressOf(
  session: Pick<Session, 'connection' | 'tag' | 'untagged'>,
  timeMs = () => performance.now(),
): Progress {
  let saidAt = timeMs()
  /** Done of the lists before, and how far the last was. */
  let [before, last, goal] = [0, 0, Infinity]
  let isFirst = true
  // §4: a tag with such a bracket cannot stand in a response code.
  const tag = session.tag.includes(']') ? 'NIL' : string(session.tag)
  return (done, all) => {
    if (session.connection.isLost) throw new ConnectionLost()
    if (done < last || (goal !== Infinity && all !== goal)) {
      before += last
      isFirst = false
    }
    ;[last, goal] = [done, all]
    if (timeMs() - saidAt < EVERY_MS) return
    saidAt = timeMs()
    session.untagged(`OK [INPROGRESS (${tag} ${before + done} ${isFirst ? all : 'NIL'})] Still looking`)
  }
}
