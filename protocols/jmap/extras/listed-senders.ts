import { z } from 'zod'
import { ALLOWED, BLOCKED, listedAddress, listedLookup, type ListedSender } from '#mail/senders'
import { recordMethods } from '../families/records.ts'
import { utcDateOf } from '../mail/ids.ts'

/** Senders on a list of their reader's. Kept in the form in which they are compared. */
const listedSenders = (type: string, kind: string, letter: string) =>
  recordMethods<ListedSender>({
    type,
    kind,
    letter,
    isRestorable: () => true,
    schema: z.object({
      address: z
        .string()
        .max(320)
        .transform((text) => listedAddress(text.trim()))
        .refine((address) => address !== undefined),
    }),
    immutable: ['address'],
    serverSet: ['createdAt'],
    show: ({ createdAt }) => ({ createdAt: utcDateOf(createdAt) }),
    place: (value) => ({ lookup: listedLookup(value) }),
  })

/** Whose letters are refused. */
export const blockedSenders = listedSenders('BlockedSender', BLOCKED, 'K')

/** Whose letters never go to Junk. */
export const allowedSenders = listedSenders('AllowedSender', ALLOWED, 'A')
