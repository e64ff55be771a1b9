import { join } from 'node:path'
import { z } from 'zod'
import { readToml, Refusal, type Config } from '#system'

/** Days that a promise may speak of: none is about more than ten years. */
const days = z.number().int().min(1).max(3650)

/** What may be collected for (promise 10). */
export const PURPOSES = ['checks', 'requests', 'support', 'payments'] as const

const Promised = z.strictObject({
  journal: z.strictObject({ days }),
  purposes: z.strictObject({ collected: z.array(z.enum(PURPOSES)).min(1) }),
  erasure: z.strictObject({ onRequest: z.boolean() }),
  deleted: z.strictObject({ days }),
})

/** What the operator promises, in numbers. `promises.toml` says what each means. */
export type Promises = z.output<typeof Promised>

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
}

export type KeptSettings = Pick<Config, 'journal' | 'retention'>

const RULES: readonly Rule[] = [
  {
    promise: 4,
    setting: 'journal.days',
    isKept: (settings, { journal }) => settings.journal.days <= journal.days,
    says: ({ journal }) => `what is recorded is kept for ${journal.days} days at most`,
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
  },
  {
    promise: 14,
    setting: 'retention.deletedDays',
    isKept: ({ retention }, { deleted }) => retention.deletedDays >= deleted.days,
    says: ({ deleted }) => `what is deleted can be brought back for ${deleted.days} days`,
  },
]

/** Which settings break which promises, a sentence for each, worded for the operator. @throws as readPromises */
export function brokenPromises(config: KeptSettings & Pick<Config, 'policy'>): string[] {
  const promises = readPromises(config)
  return RULES.filter(({ isKept }) => !isKept(config, promises)).map(
    ({ setting, promise, says }) => `${setting}: breaks promise ${promise}: ${says(promises)}`,
  )
}

/** @throws Refusal 'invalid' with the broken promises: nothing of the service runs against what was promised */
export function refuseBrokenPromises(config: KeptSettings & Pick<Config, 'policy'>): void {
  const fields = brokenPromises(config)
  if (fields.length > 0) throw new Refusal('invalid', { fields })
}
