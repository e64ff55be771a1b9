import { z } from 'zod'
import { BLOCKED, blockedAddress, blockedLookup, type BlockedSender } from '#mail/blocked'
import { recordMethods } from '../families/records.ts'
import { utcDateOf } from '../mail/ids.ts'

/** Senders whose letters go to Junk. Kept in the form in which they are compared. */
export const blockedSenders = recordMethods<BlockedSender>({
  type: 'BlockedSender',
  kind: BLOCKED,
  letter: 'K',
  schema: z.object({
    address: z
      .string()
      .max(320)
      .transform((text) => blockedAddress(text.trim()))
      .refine((address) => address !== undefined),
  }),
  immutable: ['address'],
  serverSet: ['createdAt'],
  show: ({ createdAt }) => ({ createdAt: utcDateOf(createdAt) }),
  place: (value) => ({ lookup: blockedLookup(value) }),
})
