import { stripComments } from '#formats/message'
import { headerFields, withFields } from './header-fields.ts'

const RESULTS = /^authentication-results[ \t]*:/i

/**
 * The letter without Authentication-Results that claim to be of this server: nobody else can have written them (RFC 8601 §5).
 * @param hostname  our authserv-id
 */
export function withoutResultsOf(content: Buffer, hostname: string): Buffer {
  const { fields, end } = headerFields(content)
  const kept = fields.filter((field) => !RESULTS.test(field) || authservId(field) !== hostname.toLowerCase())
  return kept.length === fields.length ? content : withFields(content, kept, end)
}

/** authserv-id: a token or a quoted string, before it comments. RFC 8601 §2.2. */
function authservId(field: string): string | undefined {
  const value = stripComments(field.slice(field.indexOf(':') + 1).replace(/[\r\n]+/g, ''))
  const [, quoted, token] = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/.exec(value) ?? []
  return (quoted?.replace(/\\(.)/g, '$1') ?? token)?.replace(/\.$/, '').toLowerCase()
}

/** The field that says what we have found, with its line end. @param results  its methods, folded (`Authenticated`) */
export const resultsField = (hostname: string, results: string | undefined): string =>
  `Authentication-Results: ${hostname};${results === undefined || results === '' ? ' none' : `\r\n\t${results}`}\r\n`
