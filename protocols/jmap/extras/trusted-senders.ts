import { z } from 'zod'
import { TRUSTED, trustedAddress, trustedLookup, type TrustedSender } from '#mail/trusted'
import { recordMethods } from '../families/records.ts'
import { utcDateOf } from '../mail/ids.ts'

/** Senders whose remote pictures are loaded unasked. Kept in the form in which they are compared. */
export const trustedSenders = recordMethods<TrustedSender>({
  type: 'TrustedSender',
  kind: TRUSTED,
  letter: 'H',
  isRestorable: () => true,
  schema: z.object({
    address: z
      .string()
      .max(320)
      .transform((text) => trustedAddress(text.trim()))
      .refine((address) => address !== undefined),
  }),
  immutable: ['address'],
  serverSet: ['createdAt'],
  show: ({ createdAt }) => ({ createdAt: utcDateOf(createdAt) }),
  place: (value) => ({ lookup: trustedLookup(value) }),
})
