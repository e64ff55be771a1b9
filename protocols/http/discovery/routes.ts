import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { addressesOf, isLocalDomain } from '#accounts'
import { parseDomain } from '#formats/message'
import type { Wire, WireContext } from '#protocols/jmap'
import { now, type Config, type ServerCertificates } from '#system'
import type { Storage } from '#storage'
import type { Arrivals } from '../arrival.ts'
import type { Gatekeeper } from '../authenticate.ts'
import { sentence } from '../errors.ts'
import { APPLE_PROFILE_TYPE, appleProfile } from './apple-profile.ts'
import { autoconfig } from './autoconfig.ts'
import { autodiscover, autodiscoverError } from './autodiscover.ts'
import { autodiscoverJson } from './autodiscover-json.ts'

interface Parts {
  config: Config
  storage: Storage
  arrivals: Arrivals
  httpsPort(): number
}

/** A request of a few hundred bytes. */
const MOST_BYTES = 16_384

/** Settings change with the server's own: until then a copy may be kept. */
const CACHED_SECONDS = 3600

const JSON_PATH = '/:folder{[Aa]utodiscover}/:file{[Aa]utodiscover\\.json}'
const XML_PATH = '/:folder{[Aa]utodiscover}/:file{[Aa]utodiscover\\.xml}'

/**
 * Where mail programs ask for their settings: under `autoconfig.` and `autodiscover.` of every domain served here, under the domain
 * itself where it leads here, and under the server's own names. Of an address only its domain is looked at, so that nobody learns who has
 * an account. What is asked under other names goes on.
 */
export function discoveryRoutes({ config, storage, arrivals, httpsPort }: Parts): Hono<Wire> {
  const app = new Hono<Wire>()
  const isServed = (domain: string): Promise<boolean> => isLocalDomain(storage, domain)
  const isOurs = (c: WireContext): boolean => arrivals.isForUs(arrivals.of(c.env.incoming))
  const isSecure = (c: WireContext): boolean => arrivals.of(c.env.incoming).isSecure

  /** The domain served here under whose name is asked, with `label` before it or without. */
  const domainAsked = async (c: WireContext, label: string): Promise<string | undefined> => {
    const { hostname = '' } = arrivals.of(c.env.incoming)
    const names = hostname.startsWith(label) ? [hostname.slice(label.length), hostname] : [hostname]
    for (const name of names) if (await isServed(name)) return name
    return undefined
  }

  app.on('GET', ['/mail/config-v1.1.xml', '/.well-known/autoconfig/mail/config-v1.1.xml'], async (c, next) => {
    const around = await domainAsked(c, 'autoconfig.')
    if (around === undefined && !(isOurs(c) && isSecure(c))) return next()
    const address = c.req.query('emailaddress')
    const domain = address === undefined ? around : parseDomain(address.slice(address.lastIndexOf('@') + 1))
    if (domain === undefined || !(await isServed(domain))) return sentence(c, 404, 'There is no such domain.')
    // Nothing of it is secret, and nothing in it is whoever's who asks: also in clear, where there is no certificate for the name yet.
    return c.body(autoconfig(config, domain), 200, {
      'Content-Type': 'application/xml; charset=utf-8',
      'Cache-Control': `public, max-age=${CACHED_SECONDS}`,
    })
  })

  const isAutodiscover = async (c: WireContext): Promise<boolean> =>
    isOurs(c) || (await domainAsked(c, 'autodiscover.')) !== undefined

  /** Under the server's own name, for which there is a certificate whatever the domain's DNS says. */
  const autodiscoverUrl = (): string => {
    // Which port a proxy listens on we do not know: the usual one.
    const port = config.proxies.length > 0 ? 443 : httpsPort()
    return `https://${config.hostname.toLowerCase()}${port === 443 ? '' : `:${port}`}/autodiscover/autodiscover.xml`
  }
  const pox = (c: WireContext, text: string, status: 200 | 413 = 200): Response =>
    c.body(text, status, { 'Content-Type': 'text/xml; charset=utf-8', 'Cache-Control': 'no-store' })

  app.get(XML_PATH, async (c, next) => {
    if (!(await isAutodiscover(c))) return next()
    // How Outlook finds a server of another name: asked in clear, sent on by 302 ([MS-OXDISCO]).
    return isSecure(c) ? pox(c, autodiscoverError('invalid')) : c.redirect(autodiscoverUrl(), 302)
  })
  const limit = bodyLimit({
    maxSize: MOST_BYTES,
    onError: (c) => pox(c as WireContext, autodiscoverError('invalid'), 413),
  })
  app.post(
    XML_PATH,
    async (c, next) => {
      if (!(await isAutodiscover(c))) return sentence(c, 421, 'This server is not called so.')
      return isSecure(c) ? next() : sentence(c, 403, 'Use https.')
    },
    limit,
    async (c) => pox(c, await autodiscover(config, new Uint8Array(await c.req.arrayBuffer()), isServed)),
  )

  const json = async (c: WireContext, address: string): Promise<Response> => {
    const protocol = queryOf(c, 'protocol')
    const [status, body] = await autodiscoverJson({ address, protocol }, autodiscoverUrl(), isServed)
    return c.json(body, status, { 'Cache-Control': 'no-store' })
  }
  app.get(JSON_PATH, async (c, next) =>
    isSecure(c) && (await isAutodiscover(c)) ? json(c, queryOf(c, 'email')) : next(),
  )
  app.get(`${JSON_PATH}/v1.0/:address`, async (c, next) =>
    isSecure(c) && (await isAutodiscover(c)) ? json(c, c.req.param('address')) : next(),
  )
  return app
}

/** Programs write these names with a capital, or without. */
function queryOf(c: WireContext, name: string): string {
  const [, value = ''] = Object.entries(c.req.query()).find(([key]) => key.toLowerCase() === name) ?? []
  return value
}

/** Where the app begins its page of mail programs; whoever is not signed in comes there by the page to sign in. */
const PROGRAMS_PAGE = '/app/#/settings/programs'

/** The profile of whoever is signed in, for their devices by Apple: with their address, and without a password. */
export function appleProfileRoute({
  config,
  storage,
  gatekeeper,
  certificates,
}: Pick<Parts, 'config' | 'storage'> & { gatekeeper: Gatekeeper; certificates: ServerCertificates }): Hono<Wire> {
  return new Hono<Wire>().get('/setup/apple.mobileconfig', async (c) => {
    const visitor = await gatekeeper.findVisitor(c)
    const [address] = visitor === undefined ? [] : await addressesOf(storage, visitor.accountId)
    if (address === undefined) return c.redirect(PROGRAMS_PAGE, 303)
    return c.body(await appleProfile(config, address, certificates.own, now()), 200, {
      'Content-Type': APPLE_PROFILE_TYPE,
      'Content-Disposition': `attachment; filename="${config.hostname.toLowerCase()}.mobileconfig"`,
      'Cache-Control': 'no-store',
    })
  })
}
