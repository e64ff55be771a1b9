import type { Capability } from '../capability.ts'
import { accessMethods } from './access.ts'
import { heldMethods } from './held.ts'
import { journalMethods } from './journal.ts'

/** What is held about somebody, the journal's entries about them, who looked at it, and taking all of it along. docs/jmap-extensions.md. */
export const privacy: Capability = {
  uri: 'urn:zegel:privacy',
  needs: 'owner',
  server: () => ({}),
  account: ({ journal }) => ({ journalDays: journal.days }),
  methods: [...heldMethods, ...journalMethods, ...accessMethods],
}
