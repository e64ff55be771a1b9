import { z } from 'zod'
import type { StaffRole } from '#policy'
import type { Reason } from '#system'

/** What the desk asks of the app's part, sealed to its key: JSON. */
export const Question = z.object({
  act: z.string().max(60),
  /** Of the session; undefined before anybody is signed in. */
  token: z.string().max(100).optional(),
  given: z.unknown(),
  /** To which the answer is sealed: X25519, base64url. Nobody but who has asked opens it. */
  replyTo: z.string().length(43),
})
export type Question = z.infer<typeof Question>

/** Who is signed in, as every page shows. */
export interface Signed {
  name: string
  roles: readonly StaffRole[]
}

/** What the app's part answers. */
export type Reply =
  | { told: unknown; signed?: Signed }
  | { refused: Reason; fields: readonly string[]; retryAfterSeconds?: number | undefined; signed?: Signed }

/** On which the desk says that it has asked, and is told that it was answered: ids of requests. */
export const ASKED = 'zegel_desk_asked'
export const ANSWERED = 'zegel_desk_answered'

/** Seconds in which a request is answered, or never. */
export const ANSWER_SECONDS = 15

export const questionPlace = (id: string): string => `desk question/${id}`
export const replyPlace = (id: string): string => `desk reply/${id}`
