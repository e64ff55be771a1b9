import { command, nothing } from '../command.ts'
import { removeMarked } from '../maildrop/update.ts'
import { err, ok } from '../reply.ts'

/** QUIT: what was marked goes now, and only now: the state UPDATE. RFC 1939 §4 and §6. */
export const quit = command({
  name: 'QUIT',
  states: ['authorization', 'transaction'],
  parse: nothing,
  async run(session) {
    session.isOver = true
    if (session.state === 'authorization') return ok('Goodbye')
    try {
      await removeMarked(session.account, session.maildrop)
      return ok('Goodbye')
    } catch (error) {
      session.context.log.error({ err: error }, 'messages of a maildrop could not be removed')
      return err('Some deleted messages were not removed', 'SYS/TEMP')
    }
  },
})
