import { command, nothing } from '../command.ts'
import { bad, ok } from '../reply.ts'

/** What a client that takes nothing may let gather, in bytes. */
const MOST_WAITING = 1024 * 1024

/** IDLE: tells at once what happens, until the client says DONE. RFC 9051 §6.3.13, RFC 2177. */
export const idle = command({
  name: 'IDLE',
  states: ['authenticated', 'selected'],
  parse: nothing,
  async run(session) {
    const { connection } = session
    connection.write('+ idling\r\n')
    let telling = Promise.resolve()
    const tell = (): void => {
      if (connection.waitingBytes > MOST_WAITING) return connection.destroy()
      telling = telling.then(() => session.report({ expunges: true })).catch(() => connection.destroy())
    }
    session.onNews = tell
    tell()
    try {
      const line = await connection.readLine(100)
      await telling
      return line?.toString('latin1').toUpperCase() === 'DONE' ? ok('IDLE completed') : bad('DONE is wanted')
    } finally {
      session.onNews = undefined
    }
  },
})
