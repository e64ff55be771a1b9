import { command, nothing } from '../command.ts'
import { bad, ok } from '../reply.ts'

/** IDLE: tells at once what happens, until the client says DONE. RFC 9051 §6.3.13, RFC 2177. */
export const idle = command({
  name: 'IDLE',
  states: ['authenticated', 'selected'],
  parse: nothing,
  async run(session) {
    const { connection } = session
    connection.write('+ idling\r\n')
    session.isIdle = true
    session.hearNews()
    try {
      const line = await connection.readLine(100)
      await session.told
      return line?.toString('latin1').toUpperCase() === 'DONE' ? ok('IDLE completed') : bad('DONE is wanted')
    } finally {
      session.isIdle = false
    }
  },
})
