import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import { Refusal, type Config, type Log } from '../../system/index.ts'
import { assets } from './assets.ts'
import { documentNames, type DocumentName, type Version } from '../../policy/index.ts'
import type { EvidenceByName } from '../../trust/evidence/index.ts'
import type {
  FactorView,
  FormPage,
  ListView,
  RecoveryView,
  ReopenView,
  ResetView,
  SignUpView,
} from '../../protocols/http/index.ts'
import type { PublishedReport } from '../../trust/transparency/index.ts'
import { languages, pathLanguage, visitorLanguage, type Language } from './languages.ts'
import { canaryPage, type CanaryView } from './pages/canary.ts'
import { documentPage } from './pages/document.ts'
import { versionPage, versionsPage } from './pages/versions.ts'
import { factorPage } from './pages/factor.ts'
import { homePage } from './pages/home.ts'
import { listPage } from './pages/list.ts'
import { recoveryPage } from './pages/recovery.ts'
import { reopenPage } from './pages/reopen.ts'
import { resetPage } from './pages/reset.ts'
import { signInPage } from './pages/sign-in.ts'
import { signUpPage } from './pages/sign-up.ts'
import { transparencyPage } from './pages/transparency.ts'
import { transparencyFeed, transparencyTable } from './pages/transparency-files.ts'
import { failedPage, missingPage } from './pages/trouble.ts'
import { robots } from './robots.ts'
import type { Markup } from './layout.ts'

export interface SiteContext {
  readonly config: Pick<Config, 'hostname' | 'trial' | 'signUp' | 'operator' | 'policy' | 'support'>
  readonly log: Log
  /** The account whose session the request's cookie belongs to. */
  findVisitor(c: Context): Promise<{ accountId: number } | undefined>
  /** Every version of a document, those to come too, the newest first; there is always one in force. */
  versionsOf(document: DocumentName): Promise<Version[]>
  /** What was measured last of the promises. */
  evidence(): Promise<EvidenceByName>
  /** The canary as it is now, and all before it. */
  canary(): Promise<CanaryView>
  /** The transparency report as it was computed last; undefined before the first was. */
  report(): Promise<PublishedReport | undefined>
  readonly signUp: FormPage<SignUpView>
  readonly reset: FormPage<ResetView>
  readonly recovery: FormPage<RecoveryView>
  readonly list: FormPage<ListView>
  readonly reopen: FormPage<ReopenView>
  readonly factor: Pick<FormPage<FactorView>, 'take'>
  /** What a browser is asked for that signs in with a passkey alone; undefined where it can have none. */
  passkeySignIn(c: Context): Promise<{ options: object; token: string } | undefined>
}

/**
 * The routes of the public pages: `/`, `/{language}/…`, `/robots.txt` and `/assets/site/…`. What is posted to sign-up,
 * reset and reopen goes to whoever mounts us, who has checked where it comes from; we show what came of it.
 * Content-Security-Policy and the like come from where they are mounted; the pages need nothing but `'self'`.
 */
export function site(context: SiteContext): Hono {
  const {
    config,
    log,
    findVisitor,
    versionsOf,
    evidence,
    canary,
    report,
    signUp,
    reset,
    recovery,
    list,
    reopen,
    factor,
    passkeySignIn,
  } = context
  const app = new Hono()
  const host = config.hostname
  const { isOpen, codeMinutes } = config.signUp
  const operator = { host, ...config.operator, codeMinutes }
  const isVisitor = async (c: Context): Promise<boolean> => (await findVisitor(c)) !== undefined

  // A form's page carries a token: its length must not tell of it (BREACH), so only what is asked for by GET is compressed.
  app.get('*', compress({ encoding: 'gzip' }))
  app.get('/', (c) => {
    c.header('Vary', 'Accept-Language')
    c.header('Cache-Control', 'no-cache')
    return c.redirect(`/${visitorLanguage(c.req.header('Accept-Language'))}/`, 302)
  })
  for (const language of languages) {
    app.get(`/${language}`, (c) => c.redirect(`/${language}/`, 301))
    app.get(`/${language}/`, async (c) => page(c, homePage(language, host, await isVisitor(c), isOpen)))
    app.get(`/${language}/sign-in`, async (c) => {
      if (await isVisitor(c)) return c.redirect('/app/', 303)
      const news = { done: c.req.query('done'), error: c.req.query('error'), wait: c.req.query('wait') }
      const passkey = await passkeySignIn(c)
      return page(c, signInPage(language, host, news, { isTrial: config.trial, isOpen, passkey }))
    })
    // Nobody comes here by an address: the password is before it.
    app.get(`/${language}/sign-in/factor`, (c) => c.redirect(`/${language}/sign-in`, 303))
    app.post(`/${language}/sign-in/factor`, async (c) => {
      const next = await factor.take(c, language)
      if (next instanceof Response) return next
      c.header('Cache-Control', 'no-store')
      return c.html(factorPage(language, host, next))
    })
    app.get(`/${language}/sign-up`, async (c, next) => ((await isVisitor(c)) ? c.redirect('/app/', 303) : next()))
    form(app, `/${language}/sign-up`, language, signUp, (view) => signUpPage(language, host, view))
    // Also for who is signed in: they may have forgotten the password long ago.
    form(app, `/${language}/reset`, language, reset, (view) => resetPage(language, host, view, config))
    form(app, `/${language}/recovery`, language, recovery, (view) => recoveryPage(language, host, view))
    form(app, `/${language}/list`, language, list, (view) => listPage(language, host, view))
    form(app, `/${language}/reopen`, language, reopen, (view) => reopenPage(language, host, view))
    app.get(`/${language}/canary`, async (c) => {
      const [shown, isSignedIn] = await Promise.all([canary(), isVisitor(c)])
      return page(c, canaryPage(shown, language, host, isSignedIn))
    })
    app.get(`/${language}/transparency`, async (c) => {
      const [published, isSignedIn] = await Promise.all([report(), isVisitor(c)])
      return page(c, transparencyPage(published, language, host, isSignedIn))
    })
    app.get(`/${language}/transparency.atom`, async (c) => {
      const published = await report()
      if (published === undefined) return notFoundPage(c)
      const feed = transparencyFeed(published, language, { host, operator: config.operator.name ?? host })
      return file(c, feed, 'application/atom+xml; charset=utf-8')
    })
    app.get(`/${language}/transparency.csv`, async (c) => {
      const published = await report()
      if (published === undefined) return notFoundPage(c)
      c.header('Content-Disposition', 'attachment; filename="transparency.csv"')
      return file(c, transparencyTable(published), 'text/csv; charset=utf-8; header=present')
    })
    for (const name of documentNames) {
      app.get(`/${language}/${name}`, async (c) => {
        const [versions, measured, isSignedIn] = await Promise.all([versionsOf(name), evidence(), isVisitor(c)])
        return page(c, documentPage(versions, language, operator, measured, isSignedIn))
      })
      app.get(`/${language}/${name}/versions`, async (c) =>
        page(c, versionsPage(name, await versionsOf(name), language, operator, await isVisitor(c))),
      )
      app.get(`/${language}/${name}/versions/:number{[1-9][0-9]{0,5}}`, async (c) => {
        const versions = await versionsOf(name)
        const at = versions.findIndex(({ version }) => version === Number(c.req.param('number')))
        const [shown, before] = versions.slice(at)
        if (at < 0 || shown === undefined) return notFoundPage(c)
        return page(c, versionPage(shown, before, language, operator, await isVisitor(c)))
      })
    }
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

/** A page of several forms: none of its steps is kept anywhere, not even by the browser. */
function form<View extends SignUpView | ResetView | RecoveryView | ListView | ReopenView>(
  app: Hono,
  path: string,
  language: Language,
  { show, take }: FormPage<View>,
  render: (view: View) => Markup,
): void {
  const answer = (c: Context, view: View): Response | Promise<Response> => {
    c.header('Cache-Control', 'no-store')
    return c.html(render(view))
  }
  app.get(path, async (c) => answer(c, await show(c, language)))
  app.post(path, async (c) => {
    const next = await take(c, language)
    return next instanceof Response ? next : answer(c, next)
  })
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

/** The same for everybody, and new once a day. */
function file(c: Context, text: string, type: string): Response {
  return c.body(text, 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=3600' })
}

function page(c: Context, markup: Markup, status: 200 | 404 | 500 | 503 = 200) {
  // A page differs for those who are signed in, and an error is true only now.
  c.header('Cache-Control', 'private, no-cache')
  c.header('Vary', 'Accept-Language, Cookie')
  return c.html(markup, status)
}
