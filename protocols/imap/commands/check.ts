import { command, nothing } from '../command.ts'
import { ok } from '../reply.ts'

/** CHECK of IMAP4rev1 asks for housekeeping, of which there is none here: as NOOP, then. RFC 3501 §6.4.1. */
export const check = command({
  name: 'CHECK',
  states: ['selected'],
  parse: nothing,
  async run(session) {
    await session.mailbox.view.refresh()
    return ok('CHECK completed')
  },
})
