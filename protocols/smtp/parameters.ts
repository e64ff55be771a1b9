/** What the value of a parameter has to look like, and how many characters it may have. */
interface Form {
  most: number
  syntax: RegExp
  /** Escaped, so what the escapes stand for is looked at too. */
  isXtext?: true
}

// xtext: RFC 3461 §4. Beyond ASCII there is something only in an address that is written so (RFC 6533 §3).
const XTEXT = String.raw`(?:[!-*,-<>-~]|\+[0-9A-F]{2})`
const UNITEXT = String.raw`(?:${XTEXT}|[^\x00-\x7f])`

/**
 * Parameters of MAIL and RCPT whose values the library decodes without looking whether they can be: a bad escape would go on as
 * it stands, and mean something else to the next server.
 */
const FORMS: Readonly<Record<string, Form>> = {
  // RFC 3461 §4.2 and §4.4.
  ORCPT: { most: 500, syntax: new RegExp(`^(?:[A-Za-z0-9-]{1,40};${XTEXT}+|utf-8;${UNITEXT}+)$`), isXtext: true },
  ENVID: { most: 100, syntax: new RegExp(`^${XTEXT}+$`), isXtext: true },
  // RFC 4954 §5.
  AUTH: { most: 500, syntax: new RegExp(`^(?:<>|${XTEXT}+)$`), isXtext: true },
}

/** @returns the first parameter of a MAIL or RCPT command whose value is not what it should be */
export function wrongParameter(command: string): string | undefined {
  const parameters = command.slice(command.indexOf('>') + 1).split(/\s+/)
  for (const parameter of parameters) {
    const at = parameter.indexOf('=')
    const name = parameter.slice(0, at === -1 ? undefined : at).toUpperCase()
    const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined
    if (form !== undefined && !fits(at === -1 ? '' : parameter.slice(at + 1), form)) return name
  }
  return undefined
}

function fits(value: string, { most, syntax, isXtext }: Form): boolean {
  if (value.length > most || !syntax.test(value)) return false
  // RFC 3461 §4: printable; a line end would end a field of a notification.
  return !isXtext || !/\+(?:[01][0-9A-F]|7F|[89A-F][0-9A-F])/.test(value)
}
