import { command, nothing, SIGNED_IN } from '../command.ts'
import { SEPARATOR } from '../mailboxes/paths.ts'
import { ok } from '../reply.ts'

/** NAMESPACE: everybody's own mailboxes, and no others. RFC 9051 §6.3.10, RFC 2342 §5. */
export const namespace = command({
  name: 'NAMESPACE',
  states: SIGNED_IN,
  parse: nothing,
  async run(session) {
    session.untagged(`NAMESPACE (("" "${SEPARATOR}")) NIL NIL`)
    return ok('NAMESPACE completed')
  },
})
