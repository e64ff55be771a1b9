import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Challenge, ResetChoice, Settings } from '#accounts'
import { Refusal } from '#system'

export type Language = Settings['language']

/** A page with a form of several steps: what it shows at first, and what after a form was sent. */
export interface FormPage<View> {
  show(c: Context, language: Language): Promise<View>
  /** The next view, or where the browser goes on. */
  take(c: Context, language: Language): Promise<View | Response>
}

/** What is said below the fields, such as `name.taken`: the page finds the words, and shows nothing for what it does not know. */
type Faults = readonly string[]

/** The first step of both: an address and a proof of work. */
export interface AddressStep {
  step: 'address'
  challenge: Challenge
  typed: string
  faults: Faults
}

export interface CodeStep {
  step: 'code'
  /** Goes with the form to its next step. */
  token: string
  /** Where the code went, when that may be said. */
  to: string | undefined
  /** Codes that may still be asked for. */
  codesLeft: number
  /** For which the code is still good. */
  minutesLeft: number
  faults: Faults
}

export type SignUpView =
  | { step: 'closed' }
  | AddressStep
  | CodeStep
  | {
      step: 'account'
      token: string
      external: string
      /** Served here; one of them is chosen. */
      domains: readonly string[]
      typed: { name: string; domain: string; language: Language }
      faults: Faults
    }

export type ResetView =
  | AddressStep
  | CodeStep
  | { step: 'password'; token: string; choices: readonly ResetChoice[]; chosen: number | undefined; faults: Faults }

/** A form with a proof of work in it, in bytes. */
const MOST_BYTES = 16_384

/** Nothing larger is read. */
export const smallBody = bodyLimit({
  maxSize: MOST_BYTES,
  onError: () => {
    throw new Refusal('tooLarge')
  },
})

/** The fields of a posted form; what is missing, or too long for any field of ours, is empty. */
export async function readForm(c: Context): Promise<(name: string) => string> {
  const form = new URLSearchParams(await c.req.text())
  return (name) => {
    const value = form.get(name) ?? ''
    return value.length > 8192 ? '' : value
  }
}

/** What a refusal means at a step. */
export function faultsOf(error: unknown, meanings: Partial<Record<Refusal['reason'], string>>): Faults {
  if (!(error instanceof Refusal)) throw error
  const meaning = meanings[error.reason]
  if (meaning !== undefined) return [meaning]
  if (error.fields.length === 0) throw error
  return error.fields
}

export const minutesUntil = (endsAt: Date, nowMs: number): number =>
  Math.max(0, Math.ceil((endsAt.getTime() - nowMs) / 60_000))
