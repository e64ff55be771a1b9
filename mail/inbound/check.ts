import { hostedDomains } from '#accounts'
import { envelope as headOf, findFields, parseMessage, type Envelope } from '#formats/message'
import { headerFields, type Asked, type Authenticated } from '#mail/authentication'
import type { Examination, Origin } from '#mail/examination'
import type { Finding } from '#mail/findings'
import type { FoundOnArrival } from '#mail/signing'
import type { Scanners } from '#mail/scanners'
import type { Storage } from '#storage'
import { checkAuthentication } from './checks/authentication.ts'
import { checkLooks } from './checks/looks.ts'
import { checkPeople } from './checks/people.ts'

/** A letter while it is checked. */
export interface Letter {
  /** Of its header alone. */
  head: Envelope
  has(field: string): boolean
  origin: Origin | undefined
  /** Domains that this server has. */
  hosted: readonly string[]
}

/** What looks at a letter, and only says what it found. */
type Check = (letter: Letter, settings: CheckSettings) => Finding[]

export interface CheckSettings {
  /** Domains whose ARC seals are believed. */
  trustedSealers: readonly string[]
}

export interface CheckTools {
  examination: Examination
  scanners: Scanners
  settings: CheckSettings
  /** Knows the hosted domains. */
  storage: Storage
}

const OF_LETTERS: readonly Check[] = [checkPeople, checkLooks]
const OF_ORIGIN: readonly Check[] = [checkAuthentication]

/** What was found in a letter, and what the field says that goes on top of it. */
export interface Checked {
  findings: Finding[]
  features: Uint32Array
  /** Of its origin, where that could be found out: `results` as `resultsField` wants them. */
  found: FoundOnArrival | undefined
  /** What its header says. */
  head: Envelope
  /** Undefined when it could not be told. */
  authenticated: Authenticated | undefined
}

/**
 * Checks a letter that arrives, once for all its recipients; what takes time does so at once.
 * @param asked  undefined for one that others took before: whom they had it from is not asked
 * @throws Refusal 'unavailable', 'overload', 'scannerSilent' when it cannot be checked now
 */
export async function checkLetter(
  { examination, scanners, settings, storage }: CheckTools,
  content: Buffer,
  asked: Asked | undefined,
  recipients: readonly string[],
): Promise<Checked> {
  const envelope =
    asked === undefined
      ? ({ mailFrom: '', client: 'unknown' } as const)
      : { mailFrom: asked.mailFrom, client: { address: asked.clientAddress, heloName: asked.heloName } }
  const [{ contents, origin }, scanned, hosted] = await Promise.all([
    examination.examine(content, asked),
    scanners.scanLetter(content, { ...envelope, recipients }),
    hostedDomains(storage),
  ])
  const message = parseMessage(content.subarray(0, headerFields(content).end))
  const letter: Letter = {
    head: headOf(message),
    has: (field) => findFields(message, message.root, field).length > 0,
    origin,
    hosted,
  }
  const checks = asked === undefined ? OF_LETTERS : [...OF_LETTERS, ...OF_ORIGIN]
  const found = checks.flatMap((check) => check(letter, settings))
  return {
    findings: [...scanned, ...contents.findings, ...found],
    features: contents.features,
    found: origin && { results: origin.authenticated.results, chain: origin.authenticated.arc.result },
    head: letter.head,
    authenticated: origin?.authenticated,
  }
}
