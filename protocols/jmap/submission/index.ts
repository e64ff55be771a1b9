import { maxMessageBytes, MAX_DELAY_SECONDS } from '#mail/submission'
import type { Capability } from '../capability.ts'
import { identityMethods, identityType } from '../mail/identities/index.ts'
import { query, queryChanges } from './query.ts'
import { set } from './set.ts'
import { changes, get, submissionType } from './show.ts'

/** Sending. RFC 8621 §1.3.2, §6 and §7. */
export const submission: Capability = {
  uri: 'urn:ietf:params:jmap:submission',
  needs: 'mail',
  server: () => ({}),
  account: (config) => ({
    maxDelayedSend: MAX_DELAY_SECONDS,
    // What parameters of an envelope may ask for: RFC 4865, RFC 3461, RFC 1870.
    submissionExtensions: { FUTURERELEASE: [], DSN: [], REQUIRETLS: [], SIZE: [String(maxMessageBytes(config))] },
  }),
  methods: [...identityMethods, get, changes, query, queryChanges, set],
  types: [identityType, submissionType],
}
