import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie, setCookie } from 'hono/cookie'
import { networkOf, type Settings } from '#accounts'
import { headersFor, openArrivals } from '#protocols/http'
import { DeskRefusal, type DeskDoor, type Signed } from '#trust/desk'
import { Refusal, type Config, type Log } from '#system'
import type { WireContext } from '#protocols/jmap'
import type { Attempt, DeskPages, Markup, Next, Visit } from './visit.ts'

const LANGUAGES = ['de', 'fr', 'nl', 'en'] as const

/** The one cookie of this face (promise 11). */
const COOKIE = '__Host-desk'

/** The scan of an order, in a form. */
const MOST_BYTES = 12_000_000

/** Of one field: a letter that is answered. */
const LONGEST_FIELD = 100_000

export interface DeskAppOptions {
  config: Config
  log: Log
  door: DeskDoor
  desk: DeskPages
}

type Form = Record<string, (string | File)[]>

/** Every page of the desk. */
export function openDeskApp({ config, log, door, desk }: DeskAppOptions): Hono {
  const arrivals = openArrivals({ ...config, names: [...config.names, config.desk.host, 'localhost'] })
  const app = new Hono()

  app.use(async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(headersFor(config, c.req.path, true)))
      if (!c.res.headers.has(name)) c.res.headers.set(name, value)
    if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store')
  })
  app.use(async (c, next) => {
    const arrival = arrivals.of((c as unknown as WireContext).env.incoming)
    if (!arrivals.isForUs(arrival)) return c.text('This server is not called so.\n', 421)
    if (c.req.method === 'POST' && c.req.header('Origin') !== arrival.origin) return c.text('Not from here.\n', 403)
    return next()
  })
  for (const { path, type, bytes } of desk.assets)
    app.get(path, (c) =>
      c.body(bytes, 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=31536000, immutable' }),
    )
  app.get('/', (c) => c.redirect(`/${desk.languageOf(c.req.header('Accept-Language'))}/`, 302))
  const limit = bodyLimit({ maxSize: MOST_BYTES, onError: (c) => c.text('Too large.\n', 413) })
  for (const language of LANGUAGES)
    for (const page of desk.pages) {
      app.get(`/${language}${page.path}`, (c) => answer(c, language, (visit) => page.show(visit)))
      const { take } = page
      if (take !== undefined)
        app.post(`/${language}${page.path}`, limit, async (c) =>
          answer(c, language, take, (await c.req.parseBody({ all: true })) as Record<string, Form[string]>),
        )
    }

  const answer = async (
    c: Context,
    language: Settings['language'],
    make: (visit: Visit) => Promise<Markup | Next>,
    body: Record<string, string | File | (string | File)[]> = {},
  ): Promise<Response> => {
    const form: Form = Object.fromEntries(
      Object.entries(body).map(([name, value]) => [name, Array.isArray(value) ? value : [value]]),
    )
    const { client, origin } = arrivals.of((c as unknown as WireContext).env.incoming)
    const token = getCookie(c, COOKIE)
    let signed: Signed | undefined
    const ask = async (act: string, given: object): Promise<unknown> => {
      try {
        const answered = await door.ask(act, given, token)
        signed = answered.signed ?? signed
        return answered.told
      } catch (error) {
        if (error instanceof DeskRefusal) signed = error.signed ?? signed
        throw error
      }
    }
    const texts = (name: string): string[] =>
      (form[name] ?? []).filter((value) => typeof value === 'string' && value.length <= LONGEST_FIELD) as string[]
    const visit: Visit = {
      language,
      origin,
      network: networkOf(client),
      param: (name) => c.req.param(name) ?? '',
      query: (name) => (c.req.query(name) ?? '').slice(0, 1000),
      field: (name) => texts(name)[0] ?? '',
      fields: texts,
      async file(name) {
        const file = (form[name] ?? []).find((value) => value instanceof File && value.size > 0)
        return file instanceof File ? Buffer.from(await file.arrayBuffer()).toString('base64url') : undefined
      },
      ask: async <Told>(act: string, given = {}) => (await ask(act, given)) as Told,
      async attempt<Told>(act: string, given: object): Promise<Attempt<Told>> {
        try {
          return { told: (await ask(act, given)) as Told }
        } catch (error) {
          if (!(error instanceof DeskRefusal) || isForTheFrame(error, act)) throw error
          return { refused: error.reason, fields: error.fields, retryAfterSeconds: error.retryAfterSeconds }
        }
      },
      signed: () => signed,
    }
    try {
      const next = await make(visit)
      if ('session' in next && next.session !== undefined) keepSession(c, next.session)
      if ('to' in next) return c.redirect(`/${language}${next.to}`, 303)
      return await c.html('page' in next ? next.page : next)
    } catch (error) {
      return troubled(c, language, error, signed)
    }
  }

  const troubled = (
    c: Context,
    language: Settings['language'],
    error: unknown,
    signed: Signed | undefined,
  ): Response | Promise<Response> => {
    if (!(error instanceof Refusal)) {
      log.error({ err: error }, 'a page of the desk failed')
      return c.html(desk.trouble(language, 'failed', signed), 500)
    }
    if (error.reason === 'badCredentials' && signed === undefined) return c.redirect(`/${language}/sign-in`, 303)
    if (error.fields[0] === 'agreement') return c.redirect(`/${language}/agreement`, 303)
    if (error.fields[0] === 'role') return c.html(desk.trouble(language, 'role', signed), 403)
    if (error.reason === 'notFound') return c.html(desk.trouble(language, 'missing', signed), 404)
    return c.html(desk.trouble(language, 'unavailable', signed), error.reason === 'unavailable' ? 503 : 400)
  }

  app.notFound((c) => {
    const language = LANGUAGES.find((one) => c.req.path.startsWith(`/${one}/`))
    return c.html(desk.trouble(language ?? desk.languageOf(c.req.header('Accept-Language')), 'missing', undefined), 404)
  })
  app.onError((error, c) => troubled(c, 'en', error, undefined))
  return app
}

/** What no page has to know of: nobody is signed in, no agreement counts, the role may not. */
function isForTheFrame(error: DeskRefusal, act: string): boolean {
  const isEntry = act.startsWith('signIn.') || act.startsWith('enrolment.')
  if (error.reason === 'badCredentials') return error.signed === undefined && !isEntry
  return (
    error.reason === 'unavailable' ||
    (error.reason === 'forbidden' && ['agreement', 'role'].includes(error.fields[0] ?? ''))
  )
}

/** Strict: nothing leads here from elsewhere. It ends with the browser, at the latest with the session. */
function keepSession(c: Context, token: string | null): void {
  setCookie(c, COOKIE, token ?? '', {
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'Strict',
    ...(token === null ? { maxAge: 0 } : {}),
  })
}
