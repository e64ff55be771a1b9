import { BadCommand } from '#protocols/lines'
import { signIn } from '#protocols/sasl'
import { command } from '../command.ts'
import { ok } from '../reply.ts'
import { enter, refuseInClear } from '../sign-in/sign-in.ts'

/** USER names an address. Whether it is anybody's is not said. RFC 1939 §7. */
export const user = command({
  name: 'USER',
  states: ['authorization'],

  // "USER" SP name
  parse(input) {
    input.space()
    return { address: input.rest() }
  },

  async run(session, { address }) {
    refuseInClear(session)
    session.userName = address
    return ok('And the password?')
  },
})

/** PASS signs in. It has one argument, so spaces belong to the password. RFC 1939 §7. */
export const pass = command({
  name: 'PASS',
  states: ['authorization'],

  // "PASS" SP string
  parse(input) {
    input.space()
    return { password: input.rest() }
  },

  async run(session, { password }) {
    refuseInClear(session)
    const { userName } = session
    if (userName === undefined) throw new BadCommand('USER comes first')
    session.userName = undefined
    return enter(session, (by) => signIn(by, userName, password))
  },
})
