import type { Versions } from '#policy'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { newChallenge, type Challenge, type FactorChoices, type ResetChoice, type Settings } from '#accounts'
import type { WireContext } from '#protocols/jmap'
import type { Storage } from '#storage'
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
      /** Of the texts that are agreed to. */
      versions: Versions
      faults: Faults
    }

export type ResetView =
  | AddressStep
  | CodeStep
  | { step: 'password'; token: string; choices: readonly ResetChoice[]; chosen: number | undefined; faults: Faults }
  /** The second factor is lost, too: a link comes after a time. `timeZone` is the account's. */
  | { step: 'waiting'; readyAt: Date; timeZone: string; faults: Faults }

/** By the links of the letters about a way back in without the second factor. */
export type RecoveryView =
  | { step: 'over'; faults: Faults }
  | { step: 'stopped'; faults: Faults }
  | { step: 'stop'; token: string; faults: Faults }
  | { step: 'set'; token: string; address: string; faults: Faults }

/** By a link to leave a list, or to say yes to it; without one, what lists are. */
export type ListView =
  | { step: 'help' | 'over' | 'left' | 'joined'; faults: Faults }
  | { step: 'leave' | 'join'; link: string; name: string; address: string; faults: Faults }

/** The second factor, after the right password. */
export interface FactorView extends FactorChoices {
  /** Goes with the form to its next step. */
  token: string
  faults: Faults
  /** After too many attempts. */
  waitSeconds: number | undefined
}

export type ReopenView =
  | { step: 'credentials'; typed: string; isShort: boolean; faults: Faults }
  | {
      step: 'confirm'
      address: string
      /** On a computer that is not one's own. */
      isShort: boolean
      closedAt: Date
      reopenUntil: Date
      eraseAt: Date
      /** Of the account, for the days. */
      timeZone: string
      /** Where mail goes on to, masked, and until when or until when it did; undefined where it is refused. */
      forwarding: { to: string; until: Date; isOver: boolean } | undefined
      /** It can no longer be reopened. */
      isOver: boolean
      /** The versions in force, when policy or terms have another than the one agreed to. */
      agreeTo: Versions | undefined
      /** Shows that the second factor was given; undefined where none is asked for. */
      factor: string | undefined
      faults: Faults
    }

/** A form with a proof of work in it, in bytes. */
const MOST_BYTES = 16_384

/** Nothing larger is read. */
export const smallBody = bodyLimit({
  maxSize: MOST_BYTES,
  onError: () => {
    throw new Refusal('tooLarge')
  },
})

/** What was sent in a field; empty when it is missing, or too long for any field of ours. */
type Field = (name: string) => string

/** What a form does at one of its steps. */
export type Step<View> = (c: WireContext, field: Field, language: Language) => Promise<View | Response>

/**
 * Takes a form whose field `step` says where in it somebody is.
 * @param begin  the first view: for a step that is none, and, with the fault `over`, for a token that is not known, or no longer
 */
export async function takeStep<View>(
  c: Context,
  language: Language,
  steps: Record<string, Step<View>>,
  begin: (faults: Faults) => Promise<View>,
): Promise<View | Response> {
  const field = await readForm(c)
  const name = field('step')
  const step = Object.hasOwn(steps, name) ? steps[name] : undefined
  try {
    return step === undefined ? await begin([]) : await step(c as WireContext, field, language)
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'notFound') return begin(['over'])
    throw error
  }
}

/** Makes the first step of a form: each time with a new challenge. */
export const addressStepOf =
  (storage: Storage, purpose: string, proofWork: number) =>
  async (typed: string, faults: Faults): Promise<AddressStep> => ({
    step: 'address',
    challenge: await newChallenge(storage, purpose, proofWork),
    typed,
    faults,
  })

async function readForm(c: Context): Promise<Field> {
  const form = new URLSearchParams(await c.req.text())
  return (name) => {
    const value = form.get(name) ?? ''
    return value.length > 8192 ? '' : value
  }
}

/** What a code that did not fit is told as. */
export const CODE_FAULTS = {
  badCredentials: 'code.wrong',
  expired: 'code.expired',
  tooManyAttempts: 'code.attempts',
} as const

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
