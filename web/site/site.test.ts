import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  FactorView,
  FormPage,
  ListView,
  RecoveryView,
  ReopenView,
  ResetView,
  SignUpView,
} from '../../protocols/http/index.ts'
import { now, nowMs, openLog } from '../../system/index.ts'
import type { EvidenceByName } from '../../trust/evidence/index.ts'
import { SAYINGS, signStatement, type CanaryView, type Published } from '../../trust/canary/index.ts'
import { newKeyholder, type TestKeyholder } from '../../test/keyholders.ts'
import { mainFont, stylesheet } from './assets.ts'
import { site, type SiteContext } from './index.ts'
import { documents, firstVersion, readPromises } from '../../policy/index.ts'
import { languages } from './languages.ts'

const config: SiteContext['config'] = {
  hostname: 'mail.example.org',
  trial: false,
  signUp: { isOpen: false, domains: [], codeMinutes: 15, proofWork: 10 },
  operator: { name: 'Verein Post', contact: 'Am Deich 1, Oostende', country: 'BE' },
  support: {},
  policy: { noticeDays: 30 },
}
const open = { ...config, signUp: { ...config.signUp, isOpen: true } }

/** A form that stands at one step. */
const at = <View>(view: View): FormPage<View> => ({ show: async () => view, take: async () => view })
const challenge = { challenge: '{"parameters":{"nonce":"00"},"signature":"00"}', most: 15 }
const addressStep = { step: 'address', challenge, typed: '', faults: [] } as const
const codeStep = {
  step: 'code',
  token: 'T0KEN',
  to: 'me@example.org',
  codesLeft: 2,
  minutesLeft: 12,
  faults: [],
} as const
const accountStep = {
  step: 'account',
  token: 'T0KEN',
  external: 'me@example.org',
  domains: ['zegel.test'],
  typed: { name: '', domain: '', language: 'de' },
  versions: { policy: documents.policy.version, terms: documents.terms.version },
  faults: [],
} as const
const passwordStep = {
  step: 'password',
  token: 'T0KEN',
  choices: [{ accountId: 7, address: 'a@zegel.test' }],
  chosen: undefined,
  faults: [],
} as const

const computedAt = now()
const facts = {
  oldestSeconds: 44.2 * 86_400,
  limitDays: 45,
  waiting: 1234,
  erased: 12481,
  since: '2026-01-03T00:00:00Z',
  lastAt: computedAt.toISOString(),
}
const promises = readPromises(config)
/** As a job may have found it. */
const measured: EvidenceByName = { deleted: { state: 'kept', facts, computedAt } }

const [saskia, driss] = ['Saskia Claes', '<script>Driss'].map(newKeyholder) as [TestKeyholder, TestKeyholder]
const noCanary: CanaryView = {
  promised: promises.canary,
  newest: undefined,
  history: [],
  at: computedAt,
  standing: { state: 'none' },
}

/** Two that were published; when the second came the first was stale. */
function withCanary(standing: CanaryView['standing']): App {
  const promised = {
    needed: 2,
    days: 14,
    keyholders: [saskia, driss].map(({ name, x: key }) => ({ name, key })),
  }
  const [newest, first] = [2, 1].map((number) => {
    const date = new Date(nowMs() - (number === 1 ? 40 : 5) * 86_400_000)
    const statement: Published['statement'] = {
      kind: 'zegel canary',
      version: 1,
      host: 'mail.example.org',
      number,
      previous: null,
      date: date.toISOString(),
      goodUntil: new Date(date.getTime() + 14 * 86_400_000).toISOString(),
      says: { ...SAYINGS, another: 'A sentence of a later program.' },
      values: ['"><script>alert(1)</script>'],
      heads: {
        access: { day: '2026-11-30', number: 3, hash: 'A'.repeat(43) },
        moon: { day: '2026-11-30', number: 4, hash: 'A'.repeat(43) },
      },
    }
    const signatures = [saskia, driss].map(({ x, privateKey }) => signStatement(statement, x, privateKey))
    return { statement, signatures, promised, text: '', publishedAt: date }
  }) as [Published, Published]
  const history = [newest, first]
  return site({ ...nobody, canary: async () => ({ promised, newest, history, at: computedAt, standing }) })
}

const nobody: SiteContext = {
  config,
  log: openLog('silent'),
  findVisitor: async () => undefined,
  versionsOf: async (name) => [firstVersion(name, promises)],
  evidence: async () => measured,
  canary: async () => noCanary,
  report: async () => undefined,
  signUp: at<SignUpView>({ step: 'closed' }),
  reset: at<ResetView>(addressStep),
  recovery: at<RecoveryView>({ step: 'over', faults: [] }),
  list: at<ListView>({ step: 'over', faults: [] }),
  reopen: at<ReopenView>({ step: 'credentials', typed: '', isShort: false, faults: [] }),
  factor: { take: async () => new Response(null, { status: 303, headers: { Location: '/' } }) },
  passkeySignIn: async () => undefined,
}
const asked = {
  challenge: 'AAAA',
  rpId: 'mail.example.org',
  allowCredentials: [{ id: '"><script>', type: 'public-key' }],
} as const
const factorStep: FactorView = {
  token: 'T0KEN',
  hasTotp: true,
  passkey: undefined,
  faults: [],
  waitSeconds: undefined,
}
const withFactor = (view: Partial<FactorView>): App =>
  site({ ...nobody, factor: { take: async () => ({ ...factorStep, ...view }) } })
const withSignUp = (view: SignUpView): App => site({ ...nobody, config: open, signUp: at(view) })
const withRecovery = (view: RecoveryView): App => site({ ...nobody, recovery: at(view) })
const withReset = (view: ResetView): App => site({ ...nobody, config: open, reset: at(view) })
const reopening = {
  step: 'confirm',
  address: 'a@zegel.test',
  isShort: false,
  closedAt: new Date('2026-11-29T12:00:00Z'),
  reopenUntil: new Date('2027-11-29T12:00:00Z'),
  eraseAt: new Date('2027-12-29T12:00:00Z'),
  timeZone: 'Europe/Brussels',
  forwarding: undefined,
  isOver: false,
  agreeTo: { policy: documents.policy.version, terms: documents.terms.version },
  factor: undefined,
  faults: [],
} as const
const withReopening = (view: ReopenView): App => site({ ...nobody, reopen: at(view) })
const app = site(nobody)
const appOfSomebody = site({ ...nobody, findVisitor: async () => ({ accountId: 7 }) })
const appInTrouble = site({ ...nobody, findVisitor: () => Promise.reject(new Error('no database')) })

type App = typeof app

async function read(from: App, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await from.request(path, { headers, method })
  return { status: response.status, headers: response.headers, html: await response.text() }
}

const pages: { name: string; from: App; path: string; status: number; method?: 'POST' }[] = [
  { name: 'home', from: app, path: '', status: 200 },
  { name: 'home of somebody signed in', from: appOfSomebody, path: '', status: 200 },
  { name: 'sign-in', from: app, path: 'sign-in', status: 200 },
  {
    name: 'sign-in with a passkey',
    from: site({ ...nobody, passkeySignIn: async () => ({ options: asked, token: 'T0KEN' }) }),
    path: 'sign-in',
    status: 200,
  },
  { name: 'sign-in after a passkey of nobody', from: app, path: 'sign-in?error=passkey', status: 200 },
  { name: 'sign-in after a step that was over', from: app, path: 'sign-in?error=expired', status: 200 },
  ...[
    { name: 'second factor, a code', view: {} },
    { name: 'second factor, a wrong code', view: { faults: ['factor.wrong'] } },
    { name: 'second factor, too many codes', view: { faults: ['factor.attempts'], waitSeconds: 40 } },
    { name: 'second factor, code or passkey', view: { passkey: asked, faults: ['passkey.wrong'] } },
    { name: 'second factor, a passkey', view: { hasTotp: false, passkey: asked } },
    {
      name: 'second factor, a wrong recovery code',
      view: { hasTotp: false, passkey: asked, faults: ['factor.wrong'] },
    },
    { name: 'second factor, no passkey for this name', view: { hasTotp: false } },
  ].map(({ name, view }) => ({
    name,
    from: withFactor(view as Partial<FactorView>),
    path: 'sign-in/factor',
    status: 200,
    method: 'POST' as const,
  })),
  { name: 'reopening', from: app, path: 'reopen', status: 200 },
  { name: 'reopening, confirmed', from: withReopening(reopening), path: 'reopen', status: 200 },
  {
    name: 'reopening, mail goes on',
    from: withReopening({
      ...reopening,
      forwarding: { to: 'a…@example.org', until: new Date('2026-12-29T12:00:00Z'), isOver: false },
    }),
    path: 'reopen',
    status: 200,
  },
  { name: 'reopening, too late', from: withReopening({ ...reopening, isOver: true }), path: 'reopen', status: 200 },
  {
    name: 'sign-in in a trial',
    from: site({ ...nobody, config: { ...config, trial: true } }),
    path: 'sign-in',
    status: 200,
  },
  { name: 'sign-in after a wrong password', from: app, path: 'sign-in?error=credentials', status: 200 },
  { name: 'sign-in after too many attempts', from: app, path: 'sign-in?error=attempts&wait=40', status: 200 },
  { name: 'home where accounts may be opened', from: withSignUp(addressStep), path: '', status: 200 },
  { name: 'policy', from: app, path: 'policy', status: 200 },
  { name: 'terms', from: app, path: 'terms', status: 200 },
  { name: 'canary that nobody promises', from: app, path: 'canary', status: 200 },
  ...(
    [
      { state: 'fresh', staleAt: computedAt },
      { state: 'stale', staleAt: computedAt },
      { state: 'missing', why: 'signatures' },
      { state: 'missing', why: 'never' },
    ] as const
  ).map((standing) => ({
    name: `canary, ${standing.state} ${'why' in standing ? standing.why : ''}`,
    from: withCanary(standing),
    path: 'canary',
    status: 200,
  })),
  { name: 'closed sign-up', from: app, path: 'sign-up', status: 200 },
  { name: 'first step of sign-up', from: withSignUp(addressStep), path: 'sign-up', status: 200 },
  {
    name: 'first step of sign-up with everything wrong',
    from: withSignUp({ ...addressStep, typed: 'x', faults: ['external.form', 'proof.wrong', 'over'] }),
    path: 'sign-up',
    status: 200,
  },
  { name: 'code of a sign-up', from: withSignUp(codeStep), path: 'sign-up', status: 200 },
  {
    name: 'code that was wrong',
    from: withSignUp({ ...codeStep, faults: ['code.wrong'], codesLeft: 0, minutesLeft: 0 }),
    path: 'sign-up',
    status: 200,
  },
  {
    name: 'code that was sent again',
    from: withReset({ ...codeStep, to: undefined, faults: ['code.resent'] }),
    path: 'reset',
    status: 200,
  },
  { name: 'new account', from: withSignUp(accountStep), path: 'sign-up', status: 200 },
  {
    name: 'new account with everything wrong, in one of two domains',
    from: withSignUp({
      ...accountStep,
      domains: ['zegel.test', 'second.test'],
      faults: ['name.taken', 'password.common', 'consent.changed', 'external.full'],
    }),
    path: 'sign-up',
    status: 200,
  },
  { name: 'reset', from: app, path: 'reset', status: 200 },
  { name: 'new password', from: withReset(passwordStep), path: 'reset', status: 200 },
  {
    name: 'new password for one of two accounts',
    from: withReset({
      ...passwordStep,
      choices: [...passwordStep.choices, { accountId: 8, address: 'b@zegel.test' }],
      chosen: 8,
      faults: ['password.short'],
    }),
    path: 'reset',
    status: 200,
  },
  {
    name: 'wait for a way back in',
    from: withReset({
      step: 'waiting',
      readyAt: new Date('2026-12-03T09:00:00Z'),
      timeZone: 'Europe/Brussels',
      faults: [],
    }),
    path: 'reset',
    status: 200,
  },
  { name: 'link that is over', from: app, path: 'recovery', status: 200 },
  {
    name: 'link that stops',
    from: withRecovery({ step: 'stop', token: 'T0KEN', faults: [] }),
    path: 'recovery',
    status: 200,
  },
  {
    name: 'link that lets in',
    from: withRecovery({ step: 'set', token: 'T0KEN', address: 'a@zegel.test', faults: ['password.short'] }),
    path: 'recovery',
    status: 200,
  },
  { name: 'sign-in after a reset', from: app, path: 'sign-in?done=reset', status: 200 },
  { name: 'sign-in after the end of a session', from: app, path: 'sign-in?done=ended', status: 200 },
  { name: 'missing page', from: app, path: 'nothing/here', status: 404 },
  { name: 'failed page', from: appInTrouble, path: '', status: 500 },
]

for (const language of languages) {
  for (const { name, from, path, status, method } of pages) {
    test(`${language}: the ${name} is sound`, async () => {
      const page = await read(from, `/${language}/${path}`, {}, method)
      assert.equal(page.status, status)
      assert.match(page.headers.get('Content-Type') ?? '', /^text\/html; charset=utf-8$/i)
      assertSound(page.html, language)
      assertLoadsNothingElse(page.html)
      assert.equal(page.headers.get('Set-Cookie'), null)
    })
  }

  test(`${language}: each page names itself in the other languages`, async () => {
    for (const place of ['', 'sign-in', 'reset', 'policy', 'terms', 'canary']) {
      const { html } = await read(app, `/${language}/${place}?error=credentials&utm_source=x`)
      assert.ok(html.includes(`<link rel="canonical" href="/${language}/${place}" />`))
      for (const other of languages) {
        assert.ok(html.includes(`<link rel="alternate" hreflang="${other}" href="/${other}/${place}" />`))
        assert.match(html, new RegExp(`<a\\s+href="/${other}/${place}"\\s+lang="${other}"\\s+hreflang="${other}"`))
      }
    }
  })
}

/** What a validator and a screen reader would complain about first. */
function assertSound(html: string, language: string): void {
  assert.match(html, /^<!doctype html>/)
  assert.equal(matches(html, /<html lang="(\w+)"/g)[0], language)
  assert.equal(matches(html, /<(h1)\b/g).length, 1)
  assert.equal(matches(html, /<(main)\b/g).length, 1)
  assert.match(html, /<title>[^<]{3,} · Zegel<\/title>/)
  assert.match(html, /<meta name="description" content="[^"]{10,}" \/>/)
  assert.doesNotMatch(html, /undefined|\[object|\{\w+\}/)
  const ids = matches(html, /\sid="([^"]+)"/g)
  assert.equal(new Set(ids).size, ids.length, 'an id is used twice')
  for (const list of matches(html, /\s(?:for|aria-describedby|aria-labelledby)="([^"]+)"/g))
    for (const id of list.split(' ')) assert.ok(ids.includes(id), id)
  const labelled = matches(html, /<label for="([^"]+)"/g)
  for (const id of matches(html, /<(?:input|select)\b(?![^>]*checkbox)[^>]*\sid="([^"]+)"/g))
    assert.ok(labelled.includes(id), id)
  for (const tag of [
    'a',
    'details',
    'summary',
    'section',
    'div',
    'ul',
    'li',
    'p',
    'form',
    'label',
    'button',
    'table',
    'tr',
  ])
    assert.equal(
      matches(html, new RegExp(`<(${tag})\\b`, 'g')).length,
      matches(html, new RegExp(`</(${tag})\\s*>`, 'g')).length,
      tag,
    )
}

function assertLoadsNothingElse(html: string): void {
  assert.doesNotMatch(html, /\sstyle=|<style|\son\w+=|javascript:|<iframe|<object|<embed|<base|http-equiv/i)
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/)
  for (const address of matches(html, /\s(?:href|src|action|srcset|poster)="([^"]*)"/g))
    assert.match(address, /^(?:#\w*|\/(?!\/)[\w./-]*|)$/, address)
}

function matches(html: string, pattern: RegExp): string[] {
  return [...html.matchAll(pattern)].map(([, found]) => found ?? '')
}

test('/ leads to the language the browser asks for, and to English when it asks for none of ours', async () => {
  for (const [wish, path] of [
    ['nl-BE,nl;q=0.9', '/nl/'],
    ['es', '/en/'],
  ] as const) {
    const { status, headers } = await read(app, '/', { 'Accept-Language': wish })
    assert.equal(status, 302)
    assert.equal(headers.get('Location'), path)
    assert.match(headers.get('Vary') ?? '', /Accept-Language/)
  }
  assert.equal((await read(app, '/de')).headers.get('Location'), '/de/')
})

test('a canary is shown in words and as it was signed, a gap between two is told, and what is typed stays text', async () => {
  const { html } = await read(withCanary({ state: 'fresh', staleAt: computedAt }), '/de/canary')
  assert.match(html, /Der Betreiber hat keinen geheimen Befehl erhalten/)
  assert.match(html, /<li lang="en">A sentence of a later program\.<\/li>/)
  assert.match(html, /&quot;&gt;&lt;script&gt;alert/)
  assert.match(html, /Vom \d+\. \S+ \d{4} bis \d+\. \S+ \d{4} gab es keinen frischen\./)
  assert.match(html, /Das Verzeichnis „moon“ reichte da bis Nummer 4\./)
})

test('the home page names this server, offers to sign in, and says who makes accounts', async () => {
  const { html } = await read(app, '/de/')
  assert.match(html, /Mailserver mail\.example\.org/)
  assert.match(html, /href="\/de\/sign-in"[^>]*>Anmelden</)
  assert.match(html, /Konten legt der Betreiber dieses Servers an/)
  assert.doesNotMatch(html, /\/app\//)
})

test('where accounts may be opened, the pages lead there', async () => {
  const from = withSignUp(addressStep)
  for (const path of ['/de/', '/de/sign-in']) {
    const { html } = await read(from, path)
    assert.match(html, /href="\/de\/sign-up"[^>]*>Konto eröffnen</, path)
    assert.doesNotMatch(html, /legt der Betreiber dieses Servers an/, path)
  }
  assert.match((await read(app, '/de/sign-in')).html, /href="\/de\/reset"[^>]*>Passwort vergessen/)
  assert.match((await read(app, '/de/sign-up')).html, /Konten legt der Betreiber dieses Servers an/)
})

test('what was typed stays, and what is wrong with it stands below its field', async () => {
  const typed = '"><script>x</script>'
  const { html } = await read(withSignUp({ ...addressStep, typed, faults: ['external.ours'] }), '/de/sign-up')
  assert.match(html, /value="&quot;&gt;&lt;script&gt;x/)
  assert.match(html, /aria-invalid="true" aria-describedby="external-fault external-hint"/)
  assert.match(html, /id="external-fault">.*gehört zu diesem Server/s)
  assert.match(html, /<title>Eingabe prüfen: Konto eröffnen/)
  const account = {
    ...accountStep,
    typed: { ...accountStep.typed, name: 'hanne' },
    faults: ['name.taken', 'unheard.of'],
  }
  const second = await read(withSignUp(account), '/de/sign-up')
  assert.match(second.html, /id="name"[^>]*value="hanne"/s)
  assert.match(second.html, /vergeben/)
  assert.doesNotMatch(second.html, /unheard|type="password"[^>]*value=/)
})

test('the versions that are shown are the ones that are agreed to', async () => {
  const { html } = await read(withSignUp(accountStep), '/en/sign-up')
  for (const [name, { version }] of Object.entries(documents)) {
    assert.ok(html.includes(`<input type="hidden" name="${name}" value="${version}" />`), name)
    assert.match(html, new RegExp(`href="/en/${name}"[^>]*target="_blank"[^>]*>[^<]*\\(version ${version}\\)`))
  }
})

test('a page of a form is kept by nobody, and no step stands in an address', async () => {
  for (const from of [withSignUp(codeStep), withReset(passwordStep)])
    for (const path of ['/nl/sign-up', '/nl/reset'])
      for (const method of ['GET', 'POST']) {
        const response = await from.request(path, { method })
        assert.equal(response.headers.get('Cache-Control'), 'no-store')
        assert.equal(response.headers.get('Content-Encoding'), null)
        assert.match(await response.text(), new RegExp(`method="post" action="${path}"|class="gatebox flow"`))
      }
})

test('somebody signed in is led to their mail from sign-up, and may set a new password', async () => {
  assert.equal((await read(appOfSomebody, '/fr/sign-up')).headers.get('Location'), '/app/')
  assert.equal((await read(appOfSomebody, '/fr/reset')).status, 200)
})

test('the policy and the terms name the operator, their version and their day', async () => {
  for (const path of ['/de/policy', '/de/terms']) {
    const { html } = await read(app, path)
    assert.match(html, /Verein Post/)
    assert.match(html, /Am Deich 1, Oostende/)
    assert.match(html, /Belgien/)
    assert.match(html, /Fassung \d+ vom \d{1,2}\. \p{L}+ \d{4}/u)
    assert.doesNotMatch(html, /<script/)
  }
})

test('somebody signed in is offered their mail instead', async () => {
  const { html } = await read(appOfSomebody, '/fr/')
  assert.match(html, /href="\/app\/"[^>]*>Ouvrir le courrier</)
  assert.doesNotMatch(html, /href="\/fr\/sign-in"/)
  const { status, headers } = await read(appOfSomebody, '/fr/sign-in')
  assert.equal(status, 303)
  assert.equal(headers.get('Location'), '/app/')
})

test('a page that knows who is signed in is kept by no shared cache', async () => {
  for (const path of ['/en/', '/en/sign-in']) {
    const { headers } = await read(app, path)
    assert.match(headers.get('Cache-Control') ?? '', /private/)
    assert.match(headers.get('Vary') ?? '', /Cookie/)
  }
})

test('the sign-in form posts address, password and shared to its own address, and helps password managers', async () => {
  const { html } = await read(app, '/nl/sign-in')
  assert.match(html, /<form[^>]* method="post" action="\/nl\/sign-in"/)
  assert.deepEqual(matches(html, /<input[^>]* name="(\w+)"/g), ['address', 'password', 'shared'])
  assert.match(html, /autocomplete="username"/)
  assert.match(html, /autocomplete="current-password"/)
  assert.doesNotMatch(html, /aria-invalid|id="complaint"/)
})

test('a wrong password is said beside the field, in words, and in the title', async () => {
  const { html } = await read(app, '/de/sign-in?error=credentials')
  assert.match(html, /<title>Nicht angemeldet/)
  assert.match(html, /id="complaint">.*Adresse und Passwort passen nicht zusammen/)
  assert.equal(matches(html, /(aria-invalid="true" aria-describedby="complaint")/g).length, 2)
})

test('after too many attempts the page says how long to wait', async () => {
  assert.match((await read(app, '/en/sign-in?error=attempts&wait=40')).html, /possible in 40 seconds/)
  assert.match((await read(app, '/de/sign-in?error=attempts&wait=900')).html, /in 15 Minuten möglich/)
})

const hostile: [attack: string, query: string, likeQuery: string][] = [
  ['markup as the error', 'error=%3Cscript%3Ealert(1)%3C/script%3E', ''],
  ['markup as the time to wait', 'error=attempts&wait=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E', 'error=attempts'],
  ['a negative time to wait', 'error=attempts&wait=-5', 'error=attempts'],
  ['an endless time to wait', 'error=attempts&wait=1e999', 'error=attempts'],
  ['a time to wait of many digits', `error=attempts&wait=${'9'.repeat(5000)}`, 'error=attempts'],
  ['the name of an object property as the error', 'error=__proto__', ''],
  ['a second error behind the first', 'error=nothing&error=credentials', ''],
  ['bytes that are no UTF-8', 'error=attempts&wait=%c3%28&%ff=%fe', 'error=attempts'],
]
for (const [attack, query, likeQuery] of hostile) {
  test(`sign-in with ${attack} shows nothing of it`, async () => {
    const { status, html } = await read(app, `/en/sign-in?${query}`)
    assert.equal(status, 200)
    assert.equal(html, (await read(app, `/en/sign-in?${likeQuery}`)).html)
  })
}

test('markup in the name of the server is shown as text', async () => {
  const odd = site({ ...nobody, config: { ...config, hostname: '"><script>x</script>' } })
  for (const path of ['/de/', '/de/sign-in'])
    assert.doesNotMatch((await read(odd, path)).html, /<script>|content="[^"]*"><script/)
})

test('a trial says where its password is found, and no other server does', async () => {
  const trial = site({ ...nobody, config: { ...config, trial: true } })
  assert.match((await read(trial, '/de/sign-in')).html, /Passwort des Betreibers hat er beim ersten Start ausgegeben/)
  assert.doesNotMatch((await read(app, '/de/sign-in')).html, /beim ersten Start/)
})

test('what does not exist is said in the language of the path, else of the browser, and repeats nothing of it', async () => {
  const deep = await read(app, '/nl/%3Cscript%3E', { 'Accept-Language': 'fr' })
  assert.equal(deep.status, 404)
  assert.match(deep.html, /Deze pagina bestaat niet/)
  const elsewhere = await read(app, '//evil.example/x', { 'Accept-Language': 'fr' })
  assert.equal(elsewhere.status, 404)
  assert.match(elsewhere.html, /Cette page n’existe pas/)
  for (const { html } of [deep, elsewhere]) {
    assert.doesNotMatch(html, /evil|script%3E/)
    assert.match(html, /<meta name="robots" content="noindex" \/>/)
  }
})

test('robots may read the public pages and nothing else', async () => {
  const { html: text, headers } = await read(app, '/robots.txt')
  assert.match(headers.get('Content-Type') ?? '', /^text\/plain/)
  assert.match(text, /^User-agent: \*\n/)
  for (const language of languages) assert.ok(text.includes(`\nAllow: /${language}/\n`))
  assert.match(text, /\nDisallow: \/\n$/)
})

test('every file a page names is served for a year under a path that changes with it', async () => {
  const pages = await Promise.all([
    ...['/de/', '/de/sign-in'].map((path) => read(app, path)),
    read(withSignUp(addressStep), '/de/sign-up'),
    read(withSignUp(accountStep), '/de/sign-up'),
  ])
  const paths = new Set(pages.flatMap(({ html }) => matches(html, /"(\/assets\/[^"]+)"/g)))
  assert.equal(paths.size, 8) // font, stylesheet, mark, and five scripts
  for (const path of paths) {
    const { status, headers } = await read(app, path)
    assert.equal(status, 200, path)
    assert.match(headers.get('Cache-Control') ?? '', /immutable/)
    assert.match(path, /\.[0-9a-f]{12}\.\w+$/)
  }
})

test('pages and stylesheet travel compressed, fonts as they are', async () => {
  const gzip = { 'Accept-Encoding': 'gzip, br' }
  const paths = [stylesheet.path, '/de/', mainFont.path]
  const encodings = await Promise.all(
    paths.map(async (path) => (await read(app, path, gzip)).headers.get('Content-Encoding')),
  )
  assert.deepEqual(encodings, ['gzip', 'gzip', null])
})

const notServed = ['site.css', '../site.ts', '..%2fsite.ts', '%2e%2e/texts/de.json', 'site.000000000000.css', '']
for (const name of notServed) {
  test(`/assets/site/${name} is not served`, async () => {
    assert.equal((await read(app, `/assets/site/${name}`)).status, 404)
  })
}

const WORDS: Record<(typeof languages)[number], RegExp[]> = {
  de: [/vor 44 Tagen gelöscht/, /12\.481 Briefe vernichtet seit 3\. Januar 2026/, /1\.234 gelöschte Briefe/],
  fr: [/l’a été il y a 44 jours/, /12.481 lettres détruites depuis le 3 janvier 2026/u, /1.234 lettres supprimées/u],
  nl: [/44 dagen geleden verwijderd/, /12\.481 brieven vernietigd sinds 3 januari 2026/, /1\.234 verwijderde brieven/],
  en: [/deleted 44 days ago/, /12,481 letters erased since 3 January 2026/, /1,234 deleted letters/],
}
for (const language of languages)
  test(`beside the clause about what is deleted stands what was measured of it, in ${language}`, async () => {
    const { html } = await read(app, `/${language}/policy`)
    const [, beside = ''] = /<div class="evid">([\s\S]*?)<\/section>/.exec(html) ?? []
    for (const words of WORDS[language]) assert.match(beside, words)
    assert.match(html, /1 (von|sur|of|van) 1|1 points? mesurés? sur 1/)
  })

const MEASURED: [what: string, evidence: EvidenceByName, classes: RegExp, words: RegExp][] = [
  [
    'a broken promise says so',
    { deleted: { state: 'broken', facts, computedAt } },
    /evid bad/,
    /Not kept[\s\S]*0 of 1|0 of 1[\s\S]*Not kept/,
  ],
  [
    'what was measured long ago is not called kept',
    { deleted: { state: 'kept', facts, computedAt: new Date(nowMs() - 3600_000) } },
    /evid ask/,
    /Nothing newer has been measured/,
  ],
  [
    'a canary that turned stale since it was measured is not called kept',
    {
      canary: {
        state: 'kept',
        facts: { keyholders: 3, published: 7, signed: 2, keptUntil: new Date(nowMs() - 60_000).toISOString() },
        computedAt,
      },
    },
    /evid bad/,
    /0 of 1[\s\S]*Not kept[\s\S]*Signed by 2 of 3, good until/,
  ],
  ['what was not measured yet is not called kept', {}, /evid none/, /Not measured yet/],
  [
    'facts that an older program wrote make no nonsense',
    { deleted: { state: 'kept', facts: {}, computedAt } },
    /evid"/,
    /0 minutes|this minute/,
  ],
]
for (const [what, evidence, classes, words] of MEASURED)
  test(what, async () => {
    const { status, html } = await read(site({ ...nobody, evidence: async () => evidence }), '/en/policy')
    assert.equal(status, 200)
    assert.match(html, classes)
    assert.match(html, words)
    assert.doesNotMatch(html, /undefined|NaN|\{\w+\}/)
  })
