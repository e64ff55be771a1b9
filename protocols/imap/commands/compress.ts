import { command } from '../command.ts'
import { no, ok } from '../reply.ts'

/** COMPRESS. RFC 4978. */
export const compress = command({
  name: 'COMPRESS',
  states: ['authenticated', 'selected'],
  parse(input) {
    input.space()
    const algorithm = input.word()
    input.end()
    return { algorithm }
  },
  async run(session, { algorithm }) {
    if (algorithm !== 'DEFLATE') return no('Only DEFLATE is known here', 'CANNOT')
    if (session.isCompressed) return no('It is compressed already', 'COMPRESSIONACTIVE')
    session.isCompressed = true
    session.afterReply = async () => session.connection.compress()
    return ok('From here on compressed')
  },
})
