import { Refusal } from '#system'

/** What stands before the "@" of an address that people choose by themselves. */
const NAME = /^[a-z0-9](?:[a-z0-9]|[._-](?=[a-z0-9])){1,38}[a-z0-9]$/

/**
 * Names under which people expect a role or a machine, not a person (RFC 2142, and what operators and authorities for
 * certificates use besides), without the signs between their parts.
 */
const RESERVED = new Set(
  `abuse account accounts admin administrator administration alert alerts anonymous autoconfig autodiscover billing bounce
  bounces ca certificate cert compliance contact daemon dmarc dmarcreports dns email ftp guest help helpdesk hostmaster imap
  info invoice kontakt legal list listserv localhost mail mailer mailerdaemon majordomo managesieve marketing mtasts
  news newsletter nobody noc noreply noreplydmarc office operator owner payment payments pop pop3 postmaster privacy root
  sales security server service sieve smtp spam ssladmin ssladministrator sslwebmaster staff status submission support sysadmin
  system team test tlsreports tlsrpt trust usenet uucp webmaster www zegel`.split(/\s+/),
)

/**
 * The name of a new address, in lower case. Letters of one alphabet only, so that no name looks like somebody else's.
 * @throws Refusal 'invalid' with one field: `name.form` or `name.reserved`
 */
export function readName(typed: string): string {
  const name = typed.trim().toLowerCase()
  if (!NAME.test(name)) throw new Refusal('invalid', { fields: ['name.form'] })
  if (RESERVED.has(name.replace(/[._-]/g, ''))) throw new Refusal('invalid', { fields: ['name.reserved'] })
  // As masked addresses end: whether there is such a one is nobody's to try out.
  if (/\.\d{7}$/.test(name)) throw new Refusal('invalid', { fields: ['name.reserved'] })
  return name
}
