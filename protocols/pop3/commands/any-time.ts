import { capabilities } from '../capabilities.ts'
import { command, nothing } from '../command.ts'
import { ok } from '../reply.ts'

/** RFC 2449 §5. */
export const capa = command({
  name: 'CAPA',
  states: ['authorization', 'transaction'],
  parse: nothing,
  run: async (session) =>
    ok(
      'What there is',
      capabilities(session).map((line) => `${line}\r\n`),
    ),
})

/** RFC 1939 §5. */
export const noop = command({
  name: 'NOOP',
  states: ['transaction'],
  parse: nothing,
  run: async () => ok('Still here'),
})
