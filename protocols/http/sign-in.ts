import { Hono } from 'hono'
import { deleteCookie } from 'hono/cookie'
import { z } from 'zod'
import {
  addressesOf,
  checkForProgram,
  checkForReopening,
  networkOf,
  openSession,
  readAssertion,
  signInWithPasskey,
} from '#accounts'
import type { Wire, WireContext } from '#protocols/jmap'
import { noted } from '#protocols/sasl'
import { Refusal } from '#system'
import { COOKIE } from './authenticate.ts'
import { sentence } from './errors.ts'
import { factorStep, type ShowForm } from './factor.ts'
import { smallBody, type Language } from './forms.ts'
import { clientOf, endCookieSession, openCookieSession, signInEntry, type SessionParts } from './session-cookie.ts'

const Pair = z.object({ address: z.string().max(320), password: z.string().max(1024) })

/**
 * Signing in and out: the forms of the public pages, the app's way out, and tokens for programs.
 * @param show  the forms to which somebody goes on who has given the right password
 */
export function signInRoutes(parts: SessionParts, show: { reopening: ShowForm; factor: ShowForm }): Hono<Wire> {
  const { storage, arrivals, gatekeeper, note } = parts
  const app = new Hono<Wire>()

  const networkFor = (c: WireContext): string => networkOf(arrivals.of(c.env.incoming).client)

  app.post('/:language{de|fr|nl|en}/sign-in', smallBody, async (c) => {
    if (!gatekeeper.isFromOurPages(c)) throw new Refusal('forbidden')
    const form = new URLSearchParams(await c.req.text())
    const pair = Pair.safeParse({ address: form.get('address'), password: form.get('password') })
    const page = `/${c.req.param('language')}/sign-in`
    if (!pair.success) return c.redirect(`${page}?error=credentials`, 303)
    try {
      const { address, password } = pair.data
      const credentials = { address: address.trim(), password, network: networkFor(c) }
      const entry = signInEntry(parts, c, credentials.address)
      const signedIn = await noted(note, entry, checkForReopening(storage, credentials), 'http')
      const { accountId, passwordSetAt, isClosed, asksFactor } = signedIn
      const language = c.req.param('language') as Language
      const isShort = form.has('shared')
      if (asksFactor) {
        const wishes = { isShort, reopens: isClosed, address: credentials.address }
        return await show.factor(c, language, await factorStep(parts, c, signedIn, wishes))
      }
      if (isClosed) return await show.reopening(c, language, credentialsStep(pair.data, isShort))
      await openCookieSession(parts, c, { accountId, passwordSetAt, isShort })
      return c.redirect('/app/', 303)
    } catch (error) {
      const query = error instanceof Refusal ? refusedQuery(error) : undefined
      if (query === undefined) throw error
      return c.redirect(`${page}?${query}`, 303)
    }
  })

  app.post('/:language{de|fr|nl|en}/sign-in/passkey', smallBody, async (c) => {
    if (!gatekeeper.isFromOurPages(c)) throw new Refusal('forbidden')
    const form = new URLSearchParams(await c.req.text())
    const { origin } = arrivals.of(c.env.incoming)
    try {
      const assertion = readAssertion(form.get('credential') ?? '')
      const given = { assertion, network: networkFor(c), origin }
      const { accountId, passwordSetAt } = await signInWithPasskey(storage, form.get('token') ?? '', given)
      note(signInEntry(parts, c, (await addressesOf(storage, accountId))[0] ?? ''))
      await openCookieSession(parts, c, { accountId, passwordSetAt, isShort: form.has('shared'), hasFactor: true })
      return c.redirect('/app/', 303)
    } catch (error) {
      const query = error instanceof Refusal ? refusedQuery(error, 'passkey') : undefined
      if (query === undefined) throw error
      return c.redirect(`/${c.req.param('language')}/sign-in?${query}`, 303)
    }
  })

  app.post('/sign-out', smallBody, async (c) => {
    const isOurRequest = c.req.header('x-zegel') === '1'
    const isOurForm = c.req.header('origin') !== undefined || c.req.header('sec-fetch-site') !== undefined
    if (!gatekeeper.isFromOurPages(c) || !(isOurRequest || isOurForm)) throw new Refusal('forbidden')
    await endCookieSession(parts, c)
    deleteCookie(c, COOKIE, { prefix: 'host', path: '/', secure: true })
    // Letters that were read are in the browser's cache.
    c.header('Clear-Site-Data', '"cache", "cookies", "storage"')
    return isOurRequest ? c.body(null, 204) : c.redirect('/', 303)
  })

  app.post('/jmap/token', smallBody, async (c) => {
    const isJson = /^application\/json\s*(?:;|$)/i.test(c.req.header('content-type') ?? '')
    const pair = Pair.safeParse(isJson ? await c.req.json().catch(() => undefined) : undefined)
    if (!pair.success) return sentence(c, 400, 'Send {"address": …, "password": …} as JSON.')
    const checked = checkForProgram(storage, { ...pair.data, network: networkFor(c) })
    const { accountId, passwordSetAt } = await noted(note, signInEntry(parts, c, pair.data.address), checked, 'http')
    const session = { accountId, passwordSetAt, kind: 'bearer', ...(await clientOf(parts, c)) } as const
    return c.json(await openSession(storage, session), 201, { 'Cache-Control': 'no-store' })
  })

  return app
}

const credentialsStep = (pair: Record<string, string>, isShared: boolean): Record<string, string> => ({
  step: 'credentials',
  ...pair,
  ...(isShared ? { shared: 'on' } : {}),
})

/** What the page is told, which finds the words; never the address. */
function refusedQuery(
  { reason, retryAfterSeconds }: Refusal,
  what: 'credentials' | 'passkey' = 'credentials',
): string | undefined {
  if (reason === 'badCredentials') return `error=${what}`
  if (reason === 'expired') return 'error=expired'
  return reason === 'tooManyAttempts' ? `error=attempts&wait=${retryAfterSeconds ?? 60}` : undefined
}
