import bowser from 'bowser'

/** More of a User-Agent is not looked at. */
const LONGEST = 512

/**
 * Name and version of a browser, such as `Firefox 145.0`: all of a User-Agent that is kept (DESIGN §1, promise 4).
 * Undefined when it does not say.
 */
export function browserOf(userAgent: string | undefined): string | undefined {
  if (userAgent === undefined || userAgent.trim() === '') return undefined
  const { name, version } = bowser.parse(userAgent.slice(0, LONGEST)).browser
  // Of what it does not know, bowser takes the beginning for a name, whatever stands there.
  if (name === undefined || !/^[A-Za-z][\w .+-]{0,29}$/.test(name)) return undefined
  return version !== undefined && /^\d[\w.]{0,19}$/.test(version) ? `${name} ${version}` : name
}

/** The same for any program: what a browser is called, else the first product that it names (RFC 9110 §10.1.5). */
export function programOf(userAgent: string | undefined): string | undefined {
  const browser = browserOf(userAgent)
  if (browser !== undefined || userAgent === undefined) return browser
  const [, name, version] =
    /^([A-Za-z][\w.+-]{0,29})(?:\/(\d[\w.]{0,19}))?(?:\s|$)/.exec(userAgent.slice(0, LONGEST)) ?? []
  return name === undefined ? undefined : version === undefined ? name : `${name} ${version}`
}
