/** Why a letter was not taken, as far as the other server's answer tells. */
export type Cause = (typeof patterns)[number][1] | 'notNow' | 'other'

/** What the codes of RFC 3463 mean to whoever wrote the letter; the first that fits. */
const patterns = [
  [/^.\.1\.2$/, 'noDomain'],
  [/^.\.1\.10$/, 'takesNoMail'],
  [/^.\.1\.[136]$/, 'noAddress'],
  [/^.\.2\.1$/, 'mailboxClosed'],
  [/^.\.2\.2$/, 'mailboxFull'],
  [/^.\.(?:2\.3|3\.4)$/, 'tooLarge'],
  [/^.\.4\.6$/, 'loop'],
  [/^4\.4\.\d+$/, 'noAnswer'],
  [/^.\.6\.\d+$/, 'needsOtherSigns'],
  // Servers that want to be asked again say so with 4.7.1.
  [/^5\.7\.\d+$/, 'refused'],
] as const

/** @param reply  such as `550 5.1.1 No such user` */
export function causeOf(reply: string): Cause {
  const [, code = '', status = ''] = /^(\d{3})[ -]?(\d\.\d{1,3}\.\d{1,3})?/.exec(reply) ?? []
  const known = patterns.find(([pattern]) => pattern.test(status))
  if (known) return known[1]
  return code.startsWith('4') ? 'notNow' : 'other'
}
