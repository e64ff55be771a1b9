import { BadCommand } from '#protocols/lines'
import { command, nothing } from '../command.ts'
import { err, ok } from '../reply.ts'

/** RFC 2595 §4. */
export const stls = command({
  name: 'STLS',
  states: ['authorization'],
  parse: nothing,
  async run(session) {
    const { connection, context } = session
    if (connection.isSecure) throw new BadCommand('TLS is there already')
    // Commands sent along in clear would be taken for the client's own under TLS: whoever put them there is not listened to.
    if (connection.hasUnread) {
      session.isOver = true
      return err('Nothing may follow STLS')
    }
    // What was said before is forgotten: anybody may have said it.
    session.userName = undefined
    session.afterReply = () => connection.startTls(context.certificates)
    return ok('Begin TLS now')
  },
})
