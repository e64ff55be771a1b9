import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import { Refusal, type Config, type Log } from '../../system/index.ts'
import { assets } from './assets.ts'
import { languages, pathLanguage, visitorLanguage, type Language } from './languages.ts'
import { homePage } from './pages/home.ts'
import { signInPage } from './pages/sign-in.ts'
import { failedPage, missingPage } from './pages/trouble.ts'
import { robots } from './robots.ts'
import type { Markup } from './layout.ts'

export interface SiteContext {
  readonly config: Pick<Config, 'hostname' | 'trial'>
  readonly log: Log
  /** The account whose session the request's cookie belongs to. */
  findVisitor(c: Context): Promise<{ accountId: number } | undefined>
}

/**
 * The routes of the public pages, all of them GET: `/`, `/{language}/…`, `/robots.txt` and `/assets/site/…`.
 * Content-Security-Policy and the like come from where they are mounted; the pages need nothing but `'self'`.
 */
export function site({ config, log, findVisitor }: SiteContext): Hono {
  const app = new Hono()
  const host = config.hostname

  // Safe here: nothing secret stands in a page, so its length tells nothing (BREACH).
  app.use(compress({ encoding: 'gzip' }))
  app.get('/', (c) => {
    c.header('Vary', 'Accept-Language')
    c.header('Cache-Control', 'no-cache')
    return c.redirect(`/${visitorLanguage(c.req.header('Accept-Language'))}/`, 302)
  })
  for (const language of languages) {
    app.get(`/${language}`, (c) => c.redirect(`/${language}/`, 301))
    app.get(`/${language}/`, async (c) => page(c, homePage(language, host, (await findVisitor(c)) !== undefined)))
    app.get(`/${language}/sign-in`, async (c) => {
      if ((await findVisitor(c)) !== undefined) return c.redirect('/app/', 303)
      const failure = { error: c.req.query('error'), wait: c.req.query('wait') }
      return page(c, signInPage(language, host, failure, config.trial))
    })
    app.get(`/${language}/*`, notFoundPage)
  }
  app.get('/robots.txt', (c) => c.text(robots))
  for (const { path, type, bytes } of assets) {
    app.get(path, (c) =>
      c.body(bytes, 200, {
        'Content-Type': type,
        'Cache-Control': 'public, max-age=31536000, immutable',
      }),
    )
  }

  app.notFound(notFoundPage)
  app.onError((error, c) => {
    const isRefusal = error instanceof Refusal
    if (!isRefusal) log.error({ err: error }, 'a public page failed')
    return errorPage(c, isRefusal ? 503 : 500)
  })
  return app
}

/** There is nothing at this address, said in the language of the path or of the browser. */
function notFoundPage(c: Context): Response | Promise<Response> {
  return page(c, missingPage(languageOf(c)), 404)
}

/** The page could not be made, said in the language of the path or of the browser. */
function errorPage(c: Context, status: 500 | 503): Response | Promise<Response> {
  return page(c, failedPage(languageOf(c)), status)
}

function languageOf(c: Context): Language {
  return pathLanguage(c.req.path) ?? visitorLanguage(c.req.header('Accept-Language'))
}

function page(c: Context, markup: Markup, status: 200 | 404 | 500 | 503 = 200) {
  // A page differs for those who are signed in, and an error is true only now.
  c.header('Cache-Control', 'private, no-cache')
  c.header('Vary', 'Accept-Language, Cookie')
  return c.html(markup, status)
}
