import type { Outcome, Trouble } from '../outcome.ts'
import type { Cause } from './texts.ts'

const OF_TROUBLE: Record<Trouble, Cause> = {
  noSuchDomain: 'noDomain',
  takesNoMail: 'takesNoMail',
  loop: 'loop',
  tooManyHops: 'loop',
  needsUtf8: 'needsUtf8',
  needsEightBit: 'needsEightBit',
  tooLargeThere: 'tooLarge',
  notHere: 'noAddress',
  refusedHere: 'refused',
  nameServersSilent: 'noAnswer',
  unreachable: 'noAnswer',
  brokeOff: 'noAnswer',
  notEncrypted: 'ourSide',
  notProven: 'notProven',
  requiresTls: 'requiresTls',
  notSignedIn: 'ourSide',
  noOwnAddress: 'ourSide',
  suspended: 'suspended',
  fault: 'ourSide',
  unavailableHere: 'ourSide',
}

/** What the codes of RFC 3463 mean to whoever wrote the letter; the first that fits. */
const OF_STATUS: readonly [pattern: RegExp, cause: Cause][] = [
  [/^.\.1\.2$/, 'noDomain'],
  [/^.\.1\.10$/, 'takesNoMail'],
  [/^.\.1\.[136]$/, 'noAddress'],
  [/^.\.2\.1$/, 'mailboxClosed'],
  [/^.\.2\.2$/, 'mailboxFull'],
  [/^.\.(2\.3|3\.4)$/, 'tooLarge'],
  [/^.\.4\.6$/, 'loop'],
  [/^.\.6\.7$/, 'needsUtf8'],
  [/^.\.6\.\d+$/, 'needsEightBit'],
  [/^.\.7\.30$/, 'requiresTls'],
  [/^.\.7\.\d+$/, 'refused'],
  [/^4/, 'notNow'],
]

/** The sentence that tells a person what happened. */
export function causeOf({ trouble, status }: Outcome): Cause {
  if (trouble !== undefined) return OF_TROUBLE[trouble]
  return OF_STATUS.find(([pattern]) => pattern.test(status))?.[1] ?? 'other'
}
