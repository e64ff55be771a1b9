import { askByLines, MECHANISMS } from '#protocols/sasl'
import { command } from '../command.ts'
import { err } from '../reply.ts'
import { enter, refuseInClear } from '../sign-in/sign-in.ts'

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
    return enter(session, (by) => exchange(by, askByLines(session.connection, initial)))
  },
})
