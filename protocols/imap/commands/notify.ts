import { command, SIGNED_IN } from '../command.ts'
import { readWishes } from '../notify/wishes.ts'
import { watchMailboxes } from '../notify/watch.ts'
import { ok } from '../reply.ts'

/** NOTIFY: what a client wants to be told, whenever it happens. RFC 5465. */
export const notify = command({
  name: 'NOTIFY',
  states: SIGNED_IN,
  parse: (input, session) => ({ wishes: readWishes(input, session.utf8) }),

  async run(session, { wishes }) {
    session.stopNotifying()
    // NONE leaves nothing that is told unasked (RFC 5465 §3.1).
    const wanted = wishes ?? { status: false, selected: undefined, groups: [] }
    // A NOOP is implied: what has gathered is told by its old wishes.
    await session.selected?.view.refresh()
    await session.report({ expunges: true })
    session.notify(wanted, await watchMailboxes(session, wanted))
    return ok('NOTIFY completed')
  },
})
