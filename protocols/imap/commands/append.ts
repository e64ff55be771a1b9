import { readAppended, type Appended } from '../append/append-message.ts'
import { fileMessages } from '../append/file.ts'
import { command, SIGNED_IN } from '../command.ts'
import { readPath } from '../mailboxes/read-path.ts'
import { ok } from '../reply.ts'

/** APPEND, of one message or several. RFC 9051 §6.3.12, RFC 3502. */
export const append = command({
  name: 'APPEND',
  states: SIGNED_IN,
  writes: true,

  // append = "APPEND" SP mailbox 1*append-message
  parse(input, session) {
    const path = readPath(input, session)
    const messages: Appended[] = []
    do messages.push(readAppended(input))
    while (!input.isAtEnd)
    return { path, messages }
  },

  async run(session, { path, messages }) {
    return ok('APPEND completed', await fileMessages(session, path, messages))
  },
})
