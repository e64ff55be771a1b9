import { BadCommand } from '#protocols/lines'
import { networkOf } from '#accounts'
import { MECHANISMS, SaslFault, type Ask } from '#protocols/sasl'
import { Refusal } from '#system'
import { command, nothing } from '../command.ts'
import { LIMITS, readString } from '../input/read-command.ts'
import { Declined, no, ok, replyTo, type Reply } from '../output/reply.ts'
import { string } from '../output/string.ts'
import type { Session } from '../session.ts'

/** RFC 5804 §2.1. */
export const authenticate = command({
  name: 'AUTHENTICATE',
  states: ['nonAuthenticated'],

  // command-authenticate = "AUTHENTICATE" SP auth-type [SP string] *(CRLF string)
  parse(input) {
    const mechanism = input.string().toUpperCase()
    const initial = input.isAtEnd ? undefined : input.string()
    input.end()
    return { mechanism, initial }
  },

  async run(session, { mechanism, initial }) {
    const { connection, context } = session
    if (!session.maySignIn) throw new Declined('Begin TLS first, with STARTTLS', 'ENCRYPT-NEEDED')
    const exchange = MECHANISMS.get(mechanism)
    if (exchange === undefined) return no('That mechanism is not known here')
    const { ask, last } = askByStrings(session, initial)
    try {
      await session.enter(
        await exchange(
          {
            storage: context.storage,
            network: networkOf(connection.remoteAddress),
            scope: 'mail',
            ip: connection.remoteAddress,
            note: context.note,
            protocol: 'managesieve',
            client: { country: await context.countries.find(connection.remoteAddress) },
          },
          ask,
        ),
      )
    } catch (error) {
      if (error instanceof SaslFault) throw new BadCommand(error.message)
      if (error instanceof Refusal) return refused(mechanism, error)
      throw error
    }
    const data = last()
    return ok('Welcome', data === undefined ? {} : { code: ['SASL', data] })
  },
})

function refused(mechanism: string, error: Refusal): Reply {
  if (error.reason === 'forbidden') return no('That is not for this', 'AUTH-TOO-WEAK')
  // Programs that choose SCRAM by themselves say this to somebody who has given the password of the account.
  if (error.reason === 'badCredentials' && mechanism === 'SCRAM-SHA-256')
    return no(
      'SCRAM knows app passwords only: make one in the settings, or choose PLAIN for the password of the account',
    )
  return replyTo(error) as Reply
}

/**
 * Asks in strings of base64. What the server says last comes with the OK, in the code SASL.
 * @param initial  the response that came with the command
 */
function askByStrings(
  { connection }: Session,
  initial: string | undefined,
): { ask: Ask; last: () => string | undefined } {
  let first = initial
  let last: string | undefined
  const ask: Ask = async (challenge, isLast = false) => {
    const encoded = Buffer.from(challenge).toString('base64')
    if (isLast) {
      last = encoded
      return Buffer.alloc(0)
    }
    if (first !== undefined) {
      // RFC 5804 §2.1: only where the client speaks first.
      if (challenge !== '') throw new SaslFault('This mechanism takes no initial response')
      const given = first
      first = undefined
      return decode(given)
    }
    connection.write(`${string(encoded)}\r\n`)
    const input = await readString(connection, LIMITS.nonAuthenticated)
    const response = input?.string()
    input?.end()
    if (response === undefined || response === '*') throw new SaslFault('The exchange was given up')
    return decode(response)
  }
  return { ask, last: () => last }
}

function decode(text: string): Buffer {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    throw new SaslFault('That is not base64')
  return Buffer.from(text, 'base64')
}

/** RFC 5804 §2.14.1. */
export const unauthenticate = command({
  name: 'UNAUTHENTICATE',
  states: ['authenticated'],
  parse: nothing,
  async run(session) {
    session.leave()
    return ok('Nobody is signed in')
  },
})
