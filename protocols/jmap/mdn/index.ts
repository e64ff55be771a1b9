import type { Capability } from '../capability.ts'
import { parse } from './parse.ts'
import { send } from './send.ts'

/** Read receipts. RFC 9007. */
export const mdn: Capability = {
  uri: 'urn:ietf:params:jmap:mdn',
  needs: 'mail',
  server: () => ({}),
  account: () => ({}),
  methods: [send, parse],
}
