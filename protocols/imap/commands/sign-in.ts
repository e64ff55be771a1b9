import { networkOf, type ClientSignedIn } from '#accounts'
import { askByLines, MECHANISMS, SaslFault, signIn, type SignInBy } from '#protocols/sasl'
import { Refusal } from '#system'
import { capabilities } from '../capabilities.ts'
import { command } from '../command.ts'
import { BadCommand } from '../input/bad-command.ts'
import { completionOf, Declined, no, ok, type Completion } from '../reply.ts'
import type { Session } from '../session.ts'

/** LOGIN. RFC 9051 §6.2.3. */
export const login = command({
  name: 'LOGIN',
  states: ['notAuthenticated'],
  parse(input) {
    input.space()
    const address = input.astring()
    input.space()
    const password = input.astring()
    input.end()
    return { address, password }
  },
  run: (session, { address, password }) => enter(session, (by) => signIn(by, address, password)),
})

/** AUTHENTICATE with an initial response. RFC 9051 §6.2.2, RFC 4959. */
export const authenticate = command({
  name: 'AUTHENTICATE',
  states: ['notAuthenticated'],
  parse(input) {
    input.space()
    const mechanism = input.word()
    const initial = input.accept(' ') ? input.astring() : undefined
    input.end()
    return { mechanism, initial }
  },
  async run(session, { mechanism, initial }) {
    const exchange = MECHANISMS.get(mechanism)
    if (exchange === undefined) return no('That mechanism is not known here', 'CANNOT')
    const completion = await enter(session, (by) => exchange(by, askByLines(session.connection, initial)))
    return mechanism === 'SCRAM-SHA-256' && completion.code === 'AUTHENTICATIONFAILED' ? ONLY_APP_PASSWORDS : completion
  },
})

/** Programs that choose SCRAM by themselves say this to somebody who has given the password of the account. */
const ONLY_APP_PASSWORDS = no(
  'SCRAM knows app passwords only: make one in the settings, or choose PLAIN for the password of the account',
  'AUTHENTICATIONFAILED',
)

/** What a refusal is at sign-in, where it is something else than later. */
const REFUSED = { forbidden: no('That is not for this', 'AUTHORIZATIONFAILED') } as const

async function enter(session: Session, exchange: (by: SignInBy) => Promise<ClientSignedIn>): Promise<Completion> {
  const { connection, context } = session
  if (!connection.isSecure && !session.mayBeClear) throw new Declined('Begin TLS first', 'PRIVACYREQUIRED')
  const by: SignInBy = {
    storage: context.storage,
    network: networkOf(connection.remoteAddress),
    scope: 'mail',
    ip: connection.remoteAddress,
    note: context.note,
    protocol: 'imap',
    client: { name: session.clientName, country: await context.countries.find(connection.remoteAddress) },
  }
  try {
    await session.enter(await exchange(by))
  } catch (error) {
    if (error instanceof SaslFault) throw new BadCommand(error.message)
    if (error instanceof Refusal) return error.reason === 'forbidden' ? REFUSED.forbidden : completionOf(error)
    throw error
  }
  return ok('Welcome', `CAPABILITY ${capabilities(session)}`)
}
