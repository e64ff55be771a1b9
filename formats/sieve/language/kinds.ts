import { parseSieveAddress } from '../addresses.ts'
import { parseMailto } from '../mailto.ts'
import { isVariableName } from '../references.ts'
import { RegexError } from '../regex/pattern.ts'
import { compileRegex } from '../regex/regex.ts'
import type { Kind } from './row.ts'

export function kind(type: Kind['type'], what: string, check?: Kind['check']): Kind {
  return check === undefined ? { type, what } : { type, what, check }
}

const oneOf =
  (sentence: string, words: readonly string[]) =>
  (value: string): string | undefined =>
    words.includes(value.toLowerCase()) ? undefined : sentence

const fitting =
  (sentence: string, pattern: RegExp) =>
  (value: string): string | undefined =>
    pattern.test(value) ? undefined : sentence

export const text = kind('string', 'a text')
export const mailbox = kind('string', 'the name of a mailbox')
export const mailboxes = kind('strings', 'names of mailboxes')

/** In tests what is no name of a header field matches none, and is no error (RFC 5228 §2.4.2.2). */
export const headerName = kind('string', 'the name of a header field')
export const headerNames = kind('strings', 'names of header fields')

/** RFC 5322 §2.2. */
export function isHeaderName(value: string): boolean {
  return /^[!-9;-~]{1,200}$/.test(value)
}

/** Of fields that are written or taken out (RFC 5293 §4). */
export const writtenHeaderName = kind('string', 'the name of a header field', (value) =>
  isHeaderName(value) ? undefined : 'This is not the name of a header field.',
)

const isAddress = (value: string): string | undefined =>
  parseSieveAddress(value) === undefined ? 'This is not an address that mail can be sent to.' : undefined

export const address = kind('string', 'an address', isAddress)
export const addresses = kind('strings', 'addresses', isAddress)

/** RFC 6134 §2.3: with `:list` it is the name of one. */
export const redirectAddress = kind('string', 'an address', (value, tags) =>
  tags['list'] === true ? undefined : isAddress(value),
)

/** What is searched for. Of regular expressions it is said at once what is wrong with them. */
export const keys = kind('strings', 'what to compare with', (value, { match }) => {
  if (match !== 'regex') return undefined
  try {
    compileRegex(value, false)
    return undefined
  } catch (error) {
    if (error instanceof RegexError) return `This regular expression cannot be used: ${error.message}.`
    throw error
  }
})

/** What is no flag is ignored, and no error (RFC 5232 §2). */
export const flags = kind('strings', 'flags')

export const variableName: Kind = {
  ...kind('string', 'the name of a variable', (value) =>
    isVariableName(value.replace(/^global\./i, '')) ? undefined : 'This is not the name of a variable that can be set.',
  ),
  isConstant: true,
  isVariable: true,
}
export const variableNames: Kind = { ...variableName, type: 'strings', what: 'names of variables' }
/** RFC 6609 §3.4.1: no namespace. */
export const globalNames: Kind = {
  ...kind('strings', 'names of variables', (value) =>
    isVariableName(value) ? undefined : 'This is not the name of a variable that can be set.',
  ),
  isConstant: true,
}

export const count = kind('number', 'a number')
export const fromOne = kind('number', 'a number', fitting('This number counts from 1.', /^[1-9]/))
/** RFC 6131 §2. */
export const seconds = kind('number', 'a number of seconds', (value) =>
  Number(value) <= 2 ** 31 ? undefined : `This number may be ${2 ** 31} at most.`,
)
export const size = kind('number', 'a size')

/** RFC 5228 §5.4. */
export const envelopeParts = kind(
  'strings',
  'parts of the envelope',
  oneOf('The envelope has “from” and “to”, and no such part.', ['from', 'to']),
)

/** RFC 5260 §4.2. */
export const datePart = kind(
  'string',
  'a part of a date',
  oneOf('A date has no such part.', [
    'year',
    'month',
    'day',
    'date',
    'julian',
    'hour',
    'minute',
    'second',
    'time',
    'iso8601',
    'std11',
    'zone',
    'weekday',
  ]),
)
export const zone = kind('string', 'a time zone', fitting('A time zone is written as “+0100”.', /^[+-]\d{4}$/))

export const relation = kind(
  'string',
  'a relation',
  oneOf('The relations are “gt”, “ge”, “lt”, “le”, “eq” and “ne”.', ['gt', 'ge', 'lt', 'le', 'eq', 'ne']),
)

/** What is no type matches nothing, and is no error (RFC 5173 §5.2). */
export const contentTypes = kind('strings', 'types of content')

export const importance = kind('string', 'an importance', fitting('The importance is “1”, “2” or “3”.', /^[123]$/))
/** RFC 5435 §3.2: a URI; which ones can be used is found out as the script runs. Of those that can (RFC 5436), all is checked. */
export const method = kind('string', 'how to notify', (value) => {
  if (!/^[a-z][a-z\d+.-]*:/i.test(value)) return 'This is not a URI.'
  if (!/^mailto:/i.test(value)) return undefined
  return parseMailto(value) === undefined ? 'This is not a mailto address that mail can be sent to.' : undefined
})
/** RFC 5435 §3.5. */
export const options = kind(
  'strings',
  'options',
  fitting('An option is written as “name=value”.', /^[A-Za-z\d][\w.-]*=[^\n\r\0]*$/),
)

/** RFC 6609 §3.2, as RFC 5804 §1.6 names scripts. */
export const scriptName: Kind = {
  ...kind(
    'string',
    'the name of a script',
    fitting('This is not the name of a script.', /^[^\0-\x1f\x7f-\x9f\u2028\u2029]{1,512}$/),
  ),
  isConstant: true,
}

/** RFC 6154 §6: an attribute of a mailbox. One that no mailbox here has is no error (RFC 8579 §4). */
const isSpecialUse = fitting('This is not a special use of a mailbox.', /^\\[A-Za-z][\w-]*$/)
export const specialUse = kind('string', 'a special use', isSpecialUse)
export const specialUses = kind('strings', 'special uses', isSpecialUse)
