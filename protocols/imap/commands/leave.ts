import { command, nothing } from '../command.ts'
import { ok } from '../reply.ts'

/** RFC 9051 §6.4.2, RFC 3691. */
export const unselect = command({
  name: 'UNSELECT',
  states: ['selected'],
  parse: nothing,
  async run(session) {
    session.unselect()
    return ok('UNSELECT completed')
  },
})
