import { BadCommand } from '#protocols/lines'
import { capabilities } from '../capabilities.ts'
import { command, nothing } from '../command.ts'
import { bye, ok, wireOf } from '../output/reply.ts'

/** RFC 5804 §2.2. */
export const starttls = command({
  name: 'STARTTLS',
  states: ['nonAuthenticated'],
  parse: nothing,
  async run(session) {
    const { connection, context } = session
    if (connection.isSecure) throw new BadCommand('TLS is there already')
    // Commands sent along in clear would be taken for the client's own under TLS: whoever put them there is not listened to.
    if (connection.hasUnread) return bye('Nothing may follow STARTTLS')
    session.afterReply = async () => {
      await connection.startTls(context.certificates)
      // What was said in clear may have been said by anybody.
      connection.write(wireOf(ok('TLS is there', { lines: capabilities(session) })))
    }
    return ok('Begin TLS now')
  },
})
