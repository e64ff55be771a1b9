import { envelope, findFields, parseMessage, type Envelope, type Message } from '#formats/message'
import { headerFields, type Asked, type Authenticated, type Authentication } from '#mail/authentication'
import type { Finding } from '#mail/findings'
import { checkAuthentication } from './checks/authentication.ts'
import { checkPeople } from './checks/people.ts'

/** A letter while it is checked. */
export interface Letter extends Asked {
  /** Of its header alone. */
  head: Envelope
  has(field: string): boolean
  authenticated: Authenticated | undefined
}

/** What looks at a letter, and only says what it found. */
type Check = (letter: Letter, settings: CheckSettings) => Finding[]

export interface CheckSettings {
  /** Domains whose ARC seals are believed. */
  trustedSealers: readonly string[]
}

export interface CheckTools {
  authentication: Authentication
  settings: CheckSettings
}

const CHECKS: readonly Check[] = [checkPeople, checkAuthentication]

/** What was found in a letter, and what the field says that goes on top of it. */
export interface Checked {
  findings: Finding[]
  /** As `resultsField` wants it. */
  results: string | undefined
  /** What its header says. */
  head: Envelope
}

/** Checks a letter that arrives, once for all its recipients. */
export async function checkLetter(
  { authentication, settings }: CheckTools,
  content: Buffer,
  asked: Asked,
): Promise<Checked> {
  const authenticated = await authentication.check(content, asked)
  const message = headOf(content)
  const letter: Letter = {
    ...asked,
    head: envelope(message),
    has: (field) => findFields(message, message.root, field).length > 0,
    authenticated,
  }
  return {
    findings: CHECKS.flatMap((check) => check(letter, settings)),
    results: authenticated?.results,
    head: letter.head,
  }
}

const headOf = (content: Buffer): Message => parseMessage(content.subarray(0, headerFields(content).end))
