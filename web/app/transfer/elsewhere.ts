import { Failure } from '../jmap/failure.ts'
import type { MailCollection, ProviderAccount } from '../jmap/types.ts'
import { knows, t } from '../shell/texts.svelte.ts'

type Protocol = MailCollection['protocol']

/** What was typed about an account elsewhere. Server and port are what they usually are until they are typed. */
export interface Typed extends Omit<ProviderAccount, 'host' | 'port'> {
  protocol: Protocol
  host: string | undefined
  port: number | undefined
}

/** What is wrong with what was typed, field by field. */
export type Wrong = Partial<Record<'user' | 'password' | 'host' | 'port', string>>

export const nothingTyped = (): Typed => ({
  protocol: 'imap',
  user: '',
  password: '',
  host: undefined,
  port: undefined,
  security: 'tls',
})

export const protocolNames = { imap: 'IMAP', pop3: 'POP3' } as const

const firstLabels = { imap: 'imap', pop3: 'pop' } as const
/** RFC 8314 §7.3, RFC 9051 §2.1, RFC 1939 §3. */
const ports = {
  imap: { tls: 993, starttls: 143, none: 143 },
  pop3: { tls: 995, starttls: 110, none: 110 },
} as const

/** The server as most providers call theirs: after the domain of the address. */
export const hostOf = ({ host, protocol, user }: Typed): string =>
  host ?? (user.includes('@') ? `${firstLabels[protocol]}.${user.trim().split('@').at(-1)}` : '')

export const portOf = ({ port, protocol, security }: Typed): number => port ?? ports[protocol][security]

export function accountOf(typed: Typed): ProviderAccount {
  const { user, password, security } = typed
  return { user: user.trim(), password, security, host: hostOf(typed).trim(), port: portOf(typed) }
}

export function missing(typed: Typed): Wrong {
  return {
    ...(typed.user.trim() ? {} : { user: t('provider.wrong.user') }),
    ...(hostOf(typed).trim() ? {} : { host: t('provider.wrong.host') }),
    ...(typed.password ? {} : { password: t('provider.wrong.password') }),
  }
}

/** What the server declined, at its field; undefined where it is none of these. */
export function declined({ protocol }: Typed, { type, detail }: Failure): Wrong | undefined {
  const key = `provider.wrong.${detail}`
  if (type !== 'invalidProperties' || !knows(key)) return undefined
  const { tls, starttls } = ports[protocol]
  return { [detail]: t(key, { protocol: protocolNames[protocol], tls: String(tls), starttls: String(starttls) }) }
}
