import { Hono, type Context } from 'hono'
import { beginPasskeySignIn, canHavePasskeys, findChallenge, type RequestOptions } from '#accounts'
import type { SubmissionTools } from '#mail/submission'
import { firstVersion, readPromises, versionsOf, type DocumentName, type Version } from '#policy'
import { openJmap, type Jmap, type Wire, type WireContext } from '#protocols/jmap'
import { onceUntilOver, openCountries, Refusal, type Config, type Log, type ServerCertificates } from '#system'
import type { Storage } from '#storage'
import { digestsFrom, publishedHeads } from '#trust/access'
import { canaryNow, findCanary, publicCanary, publishedCanaries, writeCanaryFile, type CanaryView } from '#trust/canary'
import { readEvidence, type EvidenceByName } from '#trust/evidence'
import type { Note } from '#trust/journal'
import { publicKeys } from '#trust/receipts'
import { readReport, signedReport, type PublishedReport } from '#trust/transparency'
import { appPages } from './app-pages.ts'
import { openArrivals, type Arrival } from './arrival.ts'
import { openGatekeeper } from './authenticate.ts'
import { appleProfileRoute, discoveryRoutes } from './discovery/routes.ts'
import { answerError, sentence } from './errors.ts'
import { factorForm, type ShowForm } from './factor.ts'
import {
  smallBody,
  type FactorView,
  type FormPage,
  type ListView,
  type RecoveryView,
  type ReopenView,
  type ResetView,
  type SignUpView,
} from './forms.ts'
import { headersFor } from './headers.ts'
import { answerHealth, answerReadiness } from './health.ts'
import { answerMtaSts } from './mta-sts.ts'
import { listForm } from './list-links.ts'
import { recoveryForm } from './recovery-links.ts'
import { resetForm } from './recovery.ts'
import { reopenForm } from './reopening.ts'
import { signInRoutes } from './sign-in.ts'
import { signUpForm } from './sign-up.ts'
import { openFolder } from './static.ts'

/** What the public pages are given (`web/site`). */
export interface SiteContext {
  readonly config: Config
  readonly storage: Storage
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
  /** Shown by signing in, after the password. */
  readonly factor: Pick<FormPage<FactorView>, 'take'>
  /** What a browser is asked for that signs in with a passkey alone; undefined where it can have none. */
  passkeySignIn(c: Context): Promise<{ options: RequestOptions; token: string } | undefined>
}

export interface AppOptions extends SubmissionTools {
  log: Log
  /** What whoever connects is shown, and what profiles for devices are signed with. */
  certificates: ServerCertificates
  /** The public pages: `site` of web/site. They are made below us, so whoever starts us hands them in. */
  site(context: SiteContext): Hono
  /** Where the app's build lies. */
  appFolder: string
  /** For the journal. */
  note: Note
  /** A body that is not an upload has arrived by then, or the connection ends; 60. */
  bodySeconds?: number | undefined
  /** Whether the process is about to end. */
  isStopping(): boolean
  /** The port that plain requests are sent on to. */
  httpsPort(): number
}

/** Everything HTTP, for both plain and secure connections. */
export function openApp(options: AppOptions): { app: Hono<Wire>; jmap: Jmap } {
  const { config, storage, log, site, appFolder, note, bodySeconds = 60, httpsPort } = options
  const arrivals = openArrivals(config)
  const countries = openCountries(config.countries)
  const gatekeeper = openGatekeeper({ storage, arrivals, countries, note })
  const outage = onceUntilOver(
    (message) => log.warn({}, message),
    'requests cannot be answered: the database or the disk does not serve',
    'requests are answered again',
  )
  const jmap = openJmap({
    config,
    storage,
    examination: options.examination,
    scanners: options.scanners,
    log,
    note,
    outage,
    authenticate: gatekeeper.authenticate,
    origin: (c) => arrivals.of(c.env.incoming).origin,
  })
  const sessions = { storage, arrivals, gatekeeper, countries, note, config }
  const promises = readPromises(config)
  const show =
    (page: string): ShowForm =>
    (c, language, form) =>
      pages.fetch(postOf(c, `/${language}/${page}`, form), c.env)
  const pages: Hono = site({
    config,
    storage,
    log,
    findVisitor: gatekeeper.findVisitor,
    async versionsOf(document) {
      const versions = await versionsOf(storage.database.sql, document)
      return versions.length > 0 ? versions : [firstVersion(document, promises)]
    },
    evidence: () => readEvidence(storage),
    async canary() {
      const [now, history] = await Promise.all([canaryNow(storage, config), publishedCanaries(storage.database.sql)])
      return { ...now, history }
    },
    report: () => readReport(storage),
    signUp: signUpForm({ ...sessions, config }),
    reset: resetForm({ ...sessions, log }),
    recovery: recoveryForm(sessions),
    list: listForm(sessions),
    reopen: reopenForm({ ...sessions, config }, show('sign-in/factor')),
    factor: factorForm({ ...sessions, config }, show('reopen')),
    async passkeySignIn(c) {
      const { origin } = arrivals.of((c as WireContext).env.incoming)
      return canHavePasskeys(origin) ? beginPasskeySignIn(storage, origin) : undefined
    },
  })

  const app = new Hono<Wire>()
  app.onError((error, c) => answerError(error, c, log, outage))
  app.notFound((c) => sentence(c, 404, 'There is nothing here.'))

  app.use(async (c, next) => {
    const arrival = arrivals.of(c.env.incoming)
    await next()
    if (c.res.status < 400 && c.req.path === '/jmap/api') outage.over()
    for (const [name, value] of Object.entries(headersFor(config, c.req.path, arrival.isSecure)))
      if (!c.res.headers.has(name)) c.res.headers.set(name, value)
  })
  app.get('/healthz', (c) => answerHealth(storage, c))
  app.get('/readyz', (c) => answerReadiness(storage, options.isStopping(), c))
  // An authority that looks whether a name leads here comes in clear, and under any of the names (RFC 8555 §8.3).
  app.get('/.well-known/acme-challenge/:token', async (c) => {
    const answer = await findChallenge(storage, c.req.param('token'))
    if (answer === undefined) return sentence(c, 404, 'There is nothing here.')
    return c.body(answer, 200, { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' })
  })
  app.use(async (c, next) => {
    if (!/^\/jmap\/(?:upload|import)\//.test(c.req.path)) endSlowBody(c, bodySeconds)
    return next()
  })
  app.route('/', discoveryRoutes({ config, storage, arrivals, httpsPort }))
  app.use(async (c, next) => {
    const arrival = arrivals.of(c.env.incoming)
    const policy = await answerMtaSts(options, arrival, c.req.method, c.req.path)
    if (policy !== undefined) return policy
    if (!arrivals.isForUs(arrival)) return sentence(c, 421, 'This server is not called so.')
    if (!arrival.isSecure && !(config.cleartextOnLoopback && arrival.isFromLoopback))
      return sendToTls(c, arrival, httpsPort())
    return next()
  })

  app.route('/', jmap.app)
  app.route('/', appleProfileRoute({ config, storage, gatekeeper, certificates: options.certificates }))
  app.route('/', signInRoutes(sessions, { reopening: show('reopen'), factor: show('sign-in/factor') }))
  app.get('/.well-known/zegel-receipts.json', async (c) =>
    c.json(await publicKeys(storage), 200, { 'Cache-Control': 'public, max-age=3600' }),
  )
  app.get('/.well-known/zegel-access.json', async (c) =>
    c.json(await publishedHeads(storage, config), 200, { 'Cache-Control': 'public, max-age=300' }),
  )
  app.get('/.well-known/transparency.json', async (c) => {
    const report = await signedReport(storage)
    if (report === undefined) return sentence(c, 404, 'The report has not been computed yet.')
    return c.body(report, 200, { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=3600' })
  })
  // Salted digests: they say that somebody looked at something, and no more.
  app.get('/.well-known/zegel-access-chain', async (c) =>
    c.body(new Uint8Array(await digestsFrom(storage, Number(c.req.query('from') ?? 1))), 200, {
      'Content-Type': 'application/octet-stream',
      'Cache-Control': 'no-store',
    }),
  )
  // Short-lived where it is cached: a canary turns stale by the minute.
  app.get('/.well-known/canary.json', async (c) =>
    c.json(await publicCanary(storage, config), 200, { 'Cache-Control': 'public, max-age=60' }),
  )
  // As it was signed, to the byte: for openssl.
  app.get('/.well-known/canary/:file{[0-9]{1,7}\\.(?:statement|json)}', async (c) => {
    const [number, kind] = c.req.param('file').split('.')
    const found = await findCanary(storage.database.sql, Number(number))
    if (found === undefined) throw new Refusal('notFound')
    const { text, statement, signatures } = found
    return c.body(kind === 'json' ? writeCanaryFile({ statement, signatures }) : text, 200, {
      'Content-Type': 'application/json',
      'Cache-Control': 'public, max-age=86400',
    })
  })
  app.route('/', appPages(openFolder(appFolder)))
  // By fetch and not by route: the pages have their own answer to what they do not have.
  app.get('*', (c) => pages.fetch(c.req.raw, c.env))
  // What mail programs post comes from no page (RFC 8058 §3.2); the link is the proof.
  app.post('/:language{de|fr|nl|en}/list', smallBody, (c) => pages.fetch(c.req.raw, c.env))
  app.post('/:language{de|fr|nl|en}/:page{sign-up|reset|recovery|reopen|sign-in/factor}', smallBody, (c) => {
    if (!gatekeeper.isFromOurPages(c)) throw new Refusal('forbidden')
    return pages.fetch(c.req.raw, c.env)
  })
  return { app, jmap }
}

/** What was posted to one form, for another. */
function postOf(c: WireContext, path: string, form: Record<string, string>): Request {
  const body = new URLSearchParams(form)
  return new Request(new URL(path, c.req.url), { method: 'POST', body, headers: c.req.raw.headers })
}

/** Nothing is read or answered in clear; whoever follows a link is shown the way. */
function sendToTls(c: WireContext, { hostname, isForwarded }: Arrival, port: number): Response {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return sentence(c, 403, 'Use https.')
  const { pathname, search } = new URL(c.req.url)
  // Which port a proxy listens on we do not know: the usual one.
  const suffix = isForwarded || port === 443 ? '' : `:${port}`
  return c.redirect(`https://${hostname}${suffix}${pathname}${search}`, 308)
}

function endSlowBody({ env: { incoming } }: WireContext, seconds: number): void {
  const { headers } = incoming
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return
  const timer = setTimeout(() => !incoming.complete && incoming.destroy(), seconds * 1000).unref()
  incoming.once('end', () => clearTimeout(timer))
}
