import { bounds, extensions, parseScript, SieveError, type Script } from '#formats/sieve'
import { checkName } from '#items'
import { LIMITS } from '#mail/filing'
import { Refusal } from '#system'

export const SCRIPT = 'sieveScript'

/** Which of them is active: one record, or none. */
export const ACTIVE = 'activeScript'
export const ONLY = 'only'
/** By which it is asked whether an account has one. */
export const ACTIVE_LOOKUP = { kind: ACTIVE, lookup: ONLY }

/** What a script remembers having seen (RFC 7352), until a time: nothing is in such a record but a keyed hash and that time. */
export const SEEN = 'seenLetter'

export interface ScriptText extends Record<string, unknown> {
  name: string
  text: string
}

/** Of one account. */
export const MOST_SCRIPTS = 100

/** Of one script, in UTF-8: as a record it has to fit. */
export const MOST_SCRIPT_BYTES = 256 * 1024

/** Octets of a name in UTF-8: RFC 5804 §1.6 wants room for 128 characters, RFC 9661 §2.1 wants 512 at least. */
export const LONGEST_NAME = 512

export const MOST_REDIRECTS = LIMITS.redirects

/** What scripts may require: all that is known. */
export const SCRIPT_EXTENSIONS: ReadonlySet<string> = extensions

/** @throws SieveError with line and column; Refusal 'tooLarge' */
export function checkScript(text: string): Script {
  if (Buffer.byteLength(text) > Math.min(MOST_SCRIPT_BYTES, bounds.bytes)) throw new Refusal('tooLarge')
  if (!text.isWellFormed()) throw new SieveError('This is no text in UTF-8.', { line: 1, column: 1 })
  return parseScript(text, SCRIPT_EXTENSIONS)
}

/** A name as it is kept. RFC 5804 §1.6. @throws Refusal 'invalid' */
export const checkScriptName = (name: string): string => checkName(name, LONGEST_NAME)
