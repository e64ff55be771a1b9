import { command, nothing } from '../command.ts'
import { ok } from '../reply.ts'
import { expunge } from './expunge.ts'

/** CLOSE takes out what is marked `\Deleted`, tells nothing of it, and leaves. RFC 9051 §6.4.1. */
export const close = command({
  name: 'CLOSE',
  states: ['selected'],
  parse: nothing,
  async run(session) {
    const { mailbox } = session
    // No HIGHESTMODSEQ: the client has not heard what has gone (RFC 7162 §3.2.8).
    if (!mailbox.isReadOnly && !session.isReadOnly) await expunge(session, mailbox)
    session.unselect()
    return ok('CLOSE completed')
  },
})

/** RFC 9051 §6.4.2, RFC 3691. */
export const unselect = command({
  name: 'UNSELECT',
  states: ['selected'],
  parse: nothing,
  async run(session) {
    session.unselect()
    return ok('UNSELECT completed')
  },
})
