import { hash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { readToml, Refusal, type Config } from '#system'

/** Days that a promise may speak of: none is about more than ten years. */
const days = z.number().int().min(1).max(3650)

/** What may be collected for (promise 10). */
export const PURPOSES = ['checks', 'requests', 'support', 'payments'] as const

/** An Ed25519 public key: 32 bytes in base64url (RFC 8037 §2), in the one spelling they have, so that two names cannot share a key. */
const publicKey = z
  .string()
  .refine(
    (text) => text.length === 43 && Buffer.from(text, 'base64url').toString('base64url') === text,
    'wanted is a public key as "zegel canary key" prints it',
  )

const areDifferent = (texts: readonly string[]): boolean => new Set(texts).size === texts.length

/** Who signs the canary, how many of them have to, and for how many days it is good. */
const Canary = z
  .strictObject({
    needed: z.number().int().min(1).max(20),
    days: z.number().int().min(1).max(365),
    keyholders: z
      .array(
        z.strictObject({
          name: z
            .string()
            .trim()
            .max(100)
            .regex(/^\P{C}+$/u),
          key: publicKey,
        }),
      )
      .max(20),
  })
  .refine(({ needed, keyholders }) => keyholders.length === 0 || needed <= keyholders.length, {
    path: ['needed'],
    error: 'there are fewer keyholders than that',
  })
  .refine(({ keyholders }) => areDifferent(keyholders.map(({ key }) => key)), {
    path: ['keyholders'],
    error: 'two of them have the same key',
  })
  .refine(({ keyholders }) => areDifferent(keyholders.map(({ name }) => name)), {
    path: ['keyholders'],
    error: 'two of them have the same name',
  })

const Promised = z.strictObject({
  operator: z
    .strictObject({
      name: z.string().min(1).max(200).optional(),
      contact: z.string().min(1).max(500).optional(),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, 'wanted are two capital letters')
        .optional(),
    })
    .optional(),
  journal: z.strictObject({ days }),
  purposes: z.strictObject({ collected: z.array(z.enum(PURPOSES)).min(1) }),
  erasure: z.strictObject({ onRequest: z.boolean() }),
  deleted: z.strictObject({ days }),
  backup: z.strictObject({ days }),
  closed: z.strictObject({ reopenDays: days, eraseDays: days }),
  appeals: z.strictObject({ days }),
  idle: z.strictObject({ months: z.number().int().min(0).max(120) }),
  // A file of before these were promised has none.
  tickets: z.strictObject({ days: days.default(90) }).prefault({}),
  recovery: z.strictObject({ waitDays: z.number().int().min(1).max(60).default(3) }).prefault({}),
  // Without keyholders none is promised. It stands in every version, so that naming the first is one.
  canary: Canary.default({ needed: 1, days: 14, keyholders: [] }),
  // A file of before this was promised has none.
  requests: z
    .strictObject({ delayDays: days.default(365), preserveDays: days.default(90), detailsDays: days.default(365) })
    .prefault({}),
})

/** What the operator promises, in numbers. `promises.toml` says what each means. */
export type Promises = z.output<typeof Promised>

/** What is promised of the canary; without keyholders there is none. */
export type PromisedCanary = Promises['canary']
export type Keyholder = PromisedCanary['keyholders'][number]

/** What of a keyholder's public key is read out and compared: 64 bits of its SHA-256, `4A1F 09C2 77E5 1D80`. */
export const fingerprintOf = (key: string): string =>
  (hash('sha256', Buffer.from(key, 'base64url'), 'hex').slice(0, 16).toUpperCase().match(/.{4}/g) ?? []).join(' ')

const SHIPPED = join(import.meta.dirname, 'promises.toml')

/** The promises in force. @throws Refusal 'invalid' with what is wrong with the file, worded for the operator */
export function readPromises({ policy }: Pick<Config, 'policy'>): Promises {
  const file = policy.promises ?? SHIPPED
  const read = Promised.safeParse(readToml(file))
  if (!read.success)
    throw new Refusal('invalid', {
      fields: read.error.issues.map(({ path, message }) => `${file}: ${path.join('.') || '(file)'}: ${message}`),
    })
  return read.data
}

/** A setting and a promise that it has to keep. */
interface Rule {
  /** The number of the promise, as the design has it. */
  promise: number
  setting: string
  isKept(settings: KeptSettings, promises: Promises): boolean
  says(promises: Promises): string
  /** Sets the setting to what was promised, when it is as it was shipped: nobody has chosen it. */
  follow?(settings: KeptSettings, promises: Promises): void
}

export type KeptSettings = Pick<
  Config,
  'journal' | 'retention' | 'backup' | 'closing' | 'idle' | 'appeals' | 'operator' | 'tickets' | 'recovery'
>

/** What the settings are when nobody has chosen them (system/config). */
const SHIPPED_DAYS = {
  journal: 30,
  deleted: 45,
  backup: 14,
  reopen: 365,
  erase: 30,
  appeals: 14,
  tickets: 90,
  wait: 3,
} as const

/** Whose law applies when nobody has said it (system/config). */
const SHIPPED_COUNTRY = 'BE'

const RULES: readonly Rule[] = [
  {
    promise: 17,
    setting: 'operator',
    isKept: ({ operator }, promises) =>
      (['name', 'contact', 'country'] as const).every((name) => {
        const named = promises.operator?.[name]
        return named === undefined || named === operator[name]
      }),
    says: () => 'who runs the service, and under which law, is named in the file of promises',
    follow({ operator }, { operator: named }) {
      operator.name ??= named?.name
      operator.contact ??= named?.contact
      if (operator.country === SHIPPED_COUNTRY) operator.country = named?.country ?? SHIPPED_COUNTRY
    },
  },
  {
    promise: 4,
    setting: 'journal.days',
    isKept: (settings, { journal }) => settings.journal.days <= journal.days,
    says: ({ journal }) => `what is recorded is kept for ${journal.days} days at most`,
    follow(settings, { journal }) {
      if (settings.journal.days === SHIPPED_DAYS.journal) settings.journal.days = journal.days
    },
  },
  {
    promise: 4,
    setting: 'journal.days',
    // Else a name would be recorded for longer than the letter that had it can be brought back.
    isKept: (settings, { deleted }) => settings.journal.days <= deleted.days,
    says: ({ deleted }) => `what is recorded is gone when what was deleted is: after ${deleted.days} days`,
  },
  {
    promise: 14,
    setting: 'retention.deletedDays',
    isKept: ({ retention }, { deleted }) => retention.deletedDays <= deleted.days,
    says: ({ deleted }) => `what is deleted is gone from every system after ${deleted.days} days`,
    follow: followDeleted,
  },
  {
    promise: 14,
    setting: 'retention.deletedDays',
    isKept: ({ retention }, { deleted }) => retention.deletedDays >= deleted.days,
    says: ({ deleted }) => `what is deleted can be brought back for ${deleted.days} days`,
    follow: followDeleted,
  },
  {
    promise: 14,
    setting: 'backup.days',
    isKept: (settings, { backup }) => settings.backup.days <= backup.days,
    says: ({ backup }) => `a backup lives for ${backup.days} days at most`,
    follow(settings, { backup }) {
      if (settings.backup.days === SHIPPED_DAYS.backup) settings.backup.days = backup.days
    },
  },
  {
    promise: 14,
    setting: 'backup.days',
    // A backup takes what was deleted while more than its own days are left: with as many days, it never could.
    isKept: ({ backup, retention }) => backup.days < retention.deletedDays,
    says: () => 'a backup ends before what was deleted is gone from every system',
  },
  {
    promise: 15,
    setting: 'closing.reopenDays',
    isKept: ({ closing }, { closed }) => closing.reopenDays >= closed.reopenDays,
    says: ({ closed }) => `a closed account can be reopened for ${closed.reopenDays} days`,
    follow: followClosed,
  },
  {
    promise: 15,
    setting: 'closing.eraseDays',
    isKept: ({ closing }, { closed }) => closing.reopenDays + closing.eraseDays <= closed.reopenDays + closed.eraseDays,
    says: ({ closed }) =>
      `a closed account is erased for good ${closed.eraseDays} days after the ${closed.reopenDays} in which it can be reopened`,
    follow: followClosed,
  },
  {
    promise: 15,
    setting: 'appeals.days',
    isKept: (settings, { appeals }) => settings.appeals.days <= appeals.days,
    says: ({ appeals }) => `an appeal against a suspension is decided within ${appeals.days} days`,
    follow(settings, { appeals }) {
      if (settings.appeals.days === SHIPPED_DAYS.appeals) settings.appeals.days = appeals.days
    },
  },
  {
    promise: 10,
    setting: 'tickets.days',
    isKept: (settings, { tickets }) => settings.tickets.days <= tickets.days,
    says: ({ tickets }) => `what was written to customer service is erased ${tickets.days} days after its end`,
    follow(settings, { tickets }) {
      if (settings.tickets.days === SHIPPED_DAYS.tickets) settings.tickets.days = tickets.days
    },
  },
  {
    promise: 10,
    setting: 'backup.days',
    isKept: ({ backup, tickets }) => backup.days < tickets.days,
    says: () => 'a backup ends before what was written to customer service is erased',
  },
  {
    promise: 5,
    setting: 'recovery.waitDays',
    isKept: (settings, { recovery }) => settings.recovery.waitDays >= recovery.waitDays,
    says: ({ recovery }) =>
      `whoever has lost the second factor gets back in ${recovery.waitDays} days after asking for it at the earliest`,
    follow(settings, { recovery }) {
      if (settings.recovery.waitDays === SHIPPED_DAYS.wait) settings.recovery.waitDays = recovery.waitDays
    },
  },
  {
    promise: 15,
    setting: 'idle.months',
    isKept: (settings, { idle }) =>
      settings.idle.months === 0 || (idle.months > 0 && settings.idle.months >= idle.months),
    says: ({ idle }) =>
      idle.months === 0
        ? 'no account is closed because nobody uses it'
        : `an account is closed after ${idle.months} months without a sign-in at the earliest`,
  },
]

function followDeleted({ retention }: KeptSettings, { deleted }: Promises): void {
  if (retention.deletedDays === SHIPPED_DAYS.deleted) retention.deletedDays = deleted.days
}

function followClosed({ closing }: KeptSettings, { closed }: Promises): void {
  if (closing.reopenDays === SHIPPED_DAYS.reopen) closing.reopenDays = closed.reopenDays
  if (closing.eraseDays === SHIPPED_DAYS.erase) closing.eraseDays = closed.eraseDays
}

/** Settings that nobody has chosen keep what is promised, whatever that is. Changes them in place. */
export function followPromises(settings: KeptSettings, promises: Promises): void {
  for (const { isKept, follow } of RULES) if (!isKept(settings, promises)) follow?.(settings, promises)
}

/** Which settings break which promises, a sentence for each, worded for the operator. */
export const brokenPromises = (settings: KeptSettings, promises: Promises): string[] =>
  RULES.filter(({ isKept }) => !isKept(settings, promises)).map(
    ({ setting, promise, says }) => `${setting}: breaks promise ${promise}: ${says(promises)}`,
  )

/** @throws Refusal 'invalid' with the broken promises: nothing of the service runs against what was promised */
export function refuseBrokenPromises(settings: KeptSettings, promises: Promises): void {
  const fields = brokenPromises(settings, promises)
  if (fields.length > 0) throw new Refusal('invalid', { fields })
}
