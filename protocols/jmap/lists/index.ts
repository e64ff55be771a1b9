import { HELD_DAYS, LONGEST_REASON } from '#mail/lists'
import type { Capability } from '../capability.ts'
import { heldMethods } from './held.ts'
import { listMethods, listType } from './lists.ts'
import { memberMethods } from './members.ts'

/** Distribution lists. docs/jmap-extensions.md. */
export const lists: Capability = {
  uri: 'urn:zegel:lists',
  needs: 'owner',
  server: () => ({}),
  account: ({ lists: { most, maxMembers } }) => ({
    maxLists: most,
    maxMembers,
    heldDays: HELD_DAYS,
    maxReason: LONGEST_REASON,
  }),
  methods: [...listMethods, ...memberMethods, ...heldMethods],
  types: [listType],
}
