import { command } from '../command.ts'
import { BadCommand } from '../input/bad-command.ts'
import { err } from '../reply.ts'
import type { Session } from '../session.ts'
import { MECHANISMS, type Ask } from '../sign-in/mechanisms.ts'
import { refuseInClear } from '../sign-in/sign-in.ts'

/** A response may be longer than a command. RFC 5034 §4. */
const MOST_RESPONSE = 16 * 1024

/** AUTH: SASL. RFC 5034 §4. */
export const auth = command({
  name: 'AUTH',
  states: ['authorization'],

  // auth-command = "AUTH" SP sasl-mech *1(SP initial-response)
  parse(input) {
    input.space()
    const mechanism = input.word().toUpperCase()
    const initial = input.isAtEnd ? undefined : (input.space(), input.word())
    input.end()
    return { mechanism, initial }
  },

  async run(session, { mechanism, initial }) {
    refuseInClear(session)
    const exchange = MECHANISMS.get(mechanism)
    if (exchange === undefined) return err('That mechanism is not known here')
    return exchange(session, dialogue(session, initial))
  },
})

/** Asks for one response after the other; the first may have come with the command. */
function dialogue({ connection }: Session, initial: string | undefined): Ask {
  let first = initial
  return async (challenge) => {
    if (first !== undefined) {
      const given = first
      first = undefined
      return decode(given === '=' ? '' : given)
    }
    connection.write(`+ ${Buffer.from(challenge).toString('base64')}\r\n`)
    const line = (await connection.readLine(MOST_RESPONSE))?.toString('latin1')
    if (line === undefined || line === '*') throw new BadCommand('The exchange was given up')
    return decode(line)
  }
}

function decode(text: string): Buffer {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    throw new BadCommand('That is not base64')
  return Buffer.from(text, 'base64')
}
