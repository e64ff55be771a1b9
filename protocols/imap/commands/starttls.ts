import { command, nothing } from '../command.ts'
import { BadCommand } from '../input/bad-command.ts'
import { ok } from '../reply.ts'

/** RFC 9051 §6.2.1. */
export const starttls = command({
  name: 'STARTTLS',
  states: ['notAuthenticated'],
  parse: nothing,
  async run(session) {
    const { connection, context } = session
    if (connection.isSecure) throw new BadCommand('TLS is there already')
    // Commands sent along in clear would be taken for the client's own under TLS: whoever put them there is not listened to.
    if (connection.hasUnread) {
      session.isOver = true
      return { status: 'BAD', text: 'Nothing may follow STARTTLS' }
    }
    // What was said before is forgotten: anybody may have said it.
    session.clientName = undefined
    session.afterReply = () => connection.startTls(context.certificates)
    return ok('Begin TLS now')
  },
})
