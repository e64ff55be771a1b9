import { capabilities } from '../capabilities.ts'
import { command, nothing } from '../command.ts'
import { ok } from '../output/reply.ts'

/** RFC 5804 §2.4. */
export const capability = command({
  name: 'CAPABILITY',
  states: ['nonAuthenticated', 'authenticated'],
  parse: nothing,
  run: async (session) => ok('What there is', { lines: capabilities(session) }),
})

/** NOOP echoes what it is given, by which a client finds its place again. RFC 5804 §2.13. */
export const noop = command({
  name: 'NOOP',
  states: ['nonAuthenticated', 'authenticated'],

  // command-noop = "NOOP" [SP string]
  parse(input) {
    const tag = input.isAtEnd ? undefined : input.string()
    input.end()
    return { tag }
  },

  run: async (_session, { tag }) => ok('Still here', tag === undefined ? {} : { code: ['TAG', tag] }),
})

/** RFC 5804 §2.3. */
export const logout = command({
  name: 'LOGOUT',
  states: ['nonAuthenticated', 'authenticated'],
  parse: nothing,
  async run(session) {
    session.isOver = true
    return ok('Goodbye')
  },
})
