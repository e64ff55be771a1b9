import { command, SIGNED_IN } from '../command.ts'
import { matchingPaths, readPatterns } from '../mailboxes/patterns.ts'
import { mailboxesByPath, SEPARATOR } from '../mailboxes/paths.ts'
import { ancestors } from '../mailboxes/selection.ts'
import { ok } from '../reply.ts'

/**
 * LSUB of IMAP4rev1: mailboxes that somebody is subscribed to. RFC 3501 §6.3.9. Where "%" ends the pattern, one that only
 * has such mailboxes in it is named as well, as `\Noselect`.
 */
export const lsub = command({
  name: 'LSUB',
  states: SIGNED_IN,

  // lsub = "LSUB" SP mailbox SP list-mailbox
  parse(input, session) {
    input.space()
    const { patterns } = readPatterns(input, session, { mayBeList: false })
    input.end()
    return { patterns }
  },

  async run(session, { patterns }) {
    const [pattern = ''] = patterns
    const all = await mailboxesByPath(session.account)
    const matched = matchingPaths(patterns, all)
    const subscribed = new Set([...all.values()].filter((one) => one.isSubscribed).map(({ path }) => path))
    const below = [...subscribed].filter((path) => !matched.has(path))
    const above = pattern.endsWith('%') ? ancestors(below) : new Set<string>()
    for (const path of matched) {
      if (!subscribed.has(path) && !above.has(path)) continue
      const attribute = subscribed.has(path) ? '' : '\\Noselect'
      session.untagged(`LSUB (${attribute}) "${SEPARATOR}" ${session.nameOf(path)}`)
    }
    return ok('LSUB completed')
  },
})
