import { command, SIGNED_IN } from '../command.ts'
import { findMailbox } from '../mailboxes/paths.ts'
import { readPath } from '../mailboxes/read-path.ts'
import { noteAsked, readStatusItems, statusOf } from '../mailboxes/status.ts'
import { ok } from '../reply.ts'

/** STATUS of a mailbox that need not be selected. RFC 9051 §6.3.11. */
export const status = command({
  name: 'STATUS',
  states: SIGNED_IN,

  // status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
  parse(input, session) {
    const path = readPath(input, session)
    input.space()
    const items = readStatusItems(input)
    input.end()
    return { path, items }
  },

  async run(session, { path, items }) {
    const mailbox = await findMailbox(session.account, path)
    noteAsked(session, items)
    const tell = await statusOf(session, [mailbox], items)
    tell(mailbox)
    return ok('STATUS completed')
  },
})
