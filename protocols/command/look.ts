import type { ParseArgsOptionsConfig } from 'node:util'
import { PURPOSES } from '#policy'
import { Reason, recordAccess, type AccessReason } from '#trust/access'
import type { Command, Invocation } from './command.ts'

/** What a command that shows people's data asks for besides its own options. */
export const REASON_OPTIONS = {
  purpose: { type: 'string' },
  reference: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig

export const REASON_USAGE = `--purpose ${PURPOSES.join('|')} --reference TEXT`

export const WHY_REASON =
  'What people keep here is looked at for one of these purposes only; they see for which, and your reference (a ticket, a case, a payment, an incident).'

/** Undefined without a purpose and a reference. */
export const reasonFrom = (options: Invocation['options']): AccessReason | undefined => Reason.safeParse(options).data

/** How a command writes down that it looks. */
export function noteLookBy({ looksAt }: Command, reason: AccessReason | undefined): Invocation['noteLook'] {
  return async (storage, about) => {
    if (looksAt === undefined || reason === undefined) throw new Error('a command that looks says so, and asks why')
    await recordAccess(storage, about, { ...reason, by: 'commandLine', fields: looksAt })
  }
}
