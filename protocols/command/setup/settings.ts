import { stringify } from 'smol-toml'

/** What is asked, or said by flags. */
export interface Answers {
  domain: string
  hostname: string
  /** Public addresses that a router passes on; empty where the machine has them itself. */
  addresses: string[]
  hasIPv6: boolean
  nameServer: string | undefined
  /** Undefined without agreement to the authority's terms. */
  acme: { directory: string | undefined; authority: string | undefined; contact: string } | undefined
}

/** Let's Encrypt by the name that CAA records have for it, when no other authority is named. */
const DEFAULT_ISSUER = 'letsencrypt.org'

/** The settings of a server on the ports of the world. */
export function settingsFor({ hostname, addresses, hasIPv6, nameServer, acme }: Answers): string {
  const settings = {
    hostname,
    listen: ['0.0.0.0', ...(hasIPv6 ? ['::'] : [])],
    ...(addresses.length > 0 ? { addresses } : {}),
    http: { port: 80 },
    https: { port: 443 },
    smtp: { port: 25 },
    submission: { port: 587, tlsPort: 465 },
    imap: { port: 143, tlsPort: 993 },
    pop3: { port: 110, tlsPort: 995 },
    managesieve: { port: 4190 },
    ...(nameServer === undefined ? {} : { dns: { servers: [nameServer] } }),
    ...(acme === undefined
      ? {}
      : {
          tls: {
            ...(acme.directory === undefined ? { issuer: DEFAULT_ISSUER } : {}),
            acme: {
              ...(acme.directory === undefined ? {} : { directory: acme.directory }),
              ...(acme.authority === undefined ? {} : { authority: acme.authority }),
              termsAgreed: true,
              contact: acme.contact,
            },
          },
        }),
  }
  return `# Zegel. Written by ./zegel setup, which does not change it any more. docs/operating.md explains every setting.\n${stringify(settings)}\n`
}
