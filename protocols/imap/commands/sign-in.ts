import { checkBasic, networkOf } from '#accounts'
import { capabilities } from '../capabilities.ts'
import { command } from '../command.ts'
import { BadCommand } from '../input/bad-command.ts'
import { no, ok, type Completion } from '../reply.ts'
import type { Session } from '../session.ts'

const MOST_RESPONSE = 16 * 1024

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
  run: (session, { address, password }) =>
    (mayNot(session) ?? signIn(session, address, password)) as Promise<Completion>,
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
    const refused = mayNot(session)
    if (refused !== undefined) return refused
    const exchange = MECHANISMS.get(mechanism)
    if (exchange === undefined) return no('That mechanism is not known here', 'CANNOT')
    const responses = dialogue(session, initial)
    return exchange(session, responses)
  },
})

type Ask = (challenge: string) => Promise<Buffer>

/** Asks for one response after the other; the first may have come with the command. */
function dialogue(session: Session, initial: string | undefined): Ask {
  let first = initial
  return async (challenge) => {
    if (first !== undefined) {
      const given = first
      first = undefined
      return decode(given === '=' ? '' : given)
    }
    session.connection.write(`+ ${Buffer.from(challenge).toString('base64')}\r\n`)
    const line = await session.connection.readLine(MOST_RESPONSE)
    if (line === undefined || line.toString('latin1') === '*') throw new BadCommand('The exchange was given up')
    return decode(line.toString('latin1'))
  }
}

function decode(text: string): Buffer {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    throw new BadCommand('That is not base64')
  return Buffer.from(text, 'base64')
}

const MECHANISMS: ReadonlyMap<string, (session: Session, ask: Ask) => Promise<Completion>> = new Map([
  // RFC 4616.
  [
    'PLAIN',
    async (session, ask) => {
      const [authzid, address, password, ...rest] = (await ask('')).toString().split('\0')
      if (address === undefined || password === undefined || rest.length > 0)
        throw new BadCommand('That is not a PLAIN response')
      // Nobody acts for another.
      if (authzid !== '' && authzid !== address) return no('That is somebody else', 'AUTHORIZATIONFAILED')
      return signIn(session, address, password)
    },
  ],
  [
    'LOGIN',
    async (session, ask) => {
      const address = (await ask('Username:')).toString()
      return signIn(session, address, (await ask('Password:')).toString())
    },
  ],
])

function mayNot(session: Session): Promise<Completion> | undefined {
  return session.connection.isSecure || session.mayBeClear
    ? undefined
    : Promise.resolve(no('Begin TLS first', 'PRIVACYREQUIRED'))
}

async function signIn(session: Session, address: string, password: string): Promise<Completion> {
  const network = networkOf(session.connection.remoteAddress)
  await session.enter(await checkBasic(session.context.storage, { address, password, network }))
  return ok('Welcome', `CAPABILITY ${capabilities(session)}`)
}
