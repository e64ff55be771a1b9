import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { openBrowser } from '../../../test/browser.ts'

/** The policy that the server gives the pages of the app. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; " +
  "connect-src 'self'; frame-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
const origin = 'https://mail.example.test'

let scripts: Map<string, string>

before(async () => {
  const built = await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'silent',
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: { sanitise: `${import.meta.dirname}/sanitise.ts`, frame: `${import.meta.dirname}/frame.ts` },
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      },
    },
  })
  const outputs = [built].flat().flatMap((one) => ('output' in one ? one.output : []))
  scripts = new Map(outputs.flatMap((one) => (one.type === 'chunk' ? [[`/${one.fileName}`, one.code]] : [])))
})

interface Shown {
  /** The words of the letter as they are seen. */
  text: string
  html: string
  height: number
  held: { count: number; tiny: number; hosts: string[] }
  /** What was asked of any server, apart from the page and its scripts. */
  requests: string[]
  /** What the browser reported as forbidden by the page's policy. */
  violations: string[]
  ran: boolean
}

/** Shows a letter in its frame, on a page under the app's policy. */
async function show(t: TestContext, html: string): Promise<Shown & { page: Page }> {
  const context = await openBrowser(t)
  const page = await context.newPage()
  const requests: string[] = []
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url())
    const code = url.origin === origin ? scripts.get(url.pathname) : undefined
    if (code !== undefined) return route.fulfill({ contentType: 'text/javascript', body: code })
    if (url.href === `${origin}/`)
      return route.fulfill({
        contentType: 'text/html',
        headers: { 'Content-Security-Policy': policy },
        body: '<!doctype html><title>page</title>',
      })
    requests.push(url.href)
    return route.abort()
  })
  await page.goto(`${origin}/`)
  const shown = await page.evaluate(async (letter) => {
    const violations: string[] = []
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective))
    const [{ sanitise }, { emptyPage, fillFrame, fitHeight, sandbox }] = await Promise.all([
      import('/sanitise.js' as string) as Promise<typeof import('./sanitise.ts')>,
      import('/frame.js' as string) as Promise<typeof import('./frame.ts')>,
    ])
    const clean = sanitise(letter)
    const holder = document.body.appendChild(document.createElement('div'))
    const frame = document.createElement('iframe')
    frame.setAttribute('sandbox', sandbox)
    frame.srcdoc = emptyPage(clean.dark)
    await new Promise((resolve) => {
      frame.addEventListener('load', resolve)
      holder.append(frame)
    })
    const inside = frame.contentDocument as Document
    fillFrame(inside, clean, { quoted: 'Quoted' })
    fitHeight(frame)
    // Whatever would load or run has the time to.
    await new Promise((resolve) => setTimeout(resolve, 150))
    const ran = 'pwned' in window || document.title !== 'page'
    const { innerText, innerHTML } = inside.body
    return { text: innerText, html: innerHTML, height: frame.clientHeight, held: clean.held, violations, ran }
  }, html)
  return { ...shown, requests, page }
}

const run = "parent.pwned=1;window.pwned=1;top.document.title='pwned'"

const attacks: [attack: string, html: string][] = [
  ['a script', `<script>${run}</script><p>harmless</p>`],
  ['a script that is not closed', `<p>harmless</p><script>${run}`],
  ['a script from elsewhere', '<script src="https://evil.example/a.js"></script><p>harmless</p>'],
  ['an event attribute', `<p>harmless</p><img src=x onerror="${run}"><body onload="${run}">`],
  [
    'an event attribute on an unknown element',
    `<p>harmless</p><x onclick="${run}" onfocus="${run}" tabindex=1 autofocus>`,
  ],
  ['a drawing with a script', `<p>harmless</p><svg onload="${run}"><script>${run}</script></svg>`],
  ['a drawing with a remote picture', '<p>harmless</p><svg><image href="https://evil.example/a.png"/></svg>'],
  [
    'formulas that change how the rest is parsed',
    `<p>harmless</p><math><mtext><table><mglyph><style><img src=x onerror="${run}">`,
  ],
  [
    'noscript that hides an element',
    `<p>harmless</p><noscript><p title="</noscript><img src=x onerror='${run}'>"></noscript>`,
  ],
  ['a comment that ends early', `<p>harmless</p><!--><img src=x onerror="${run}">-->`],
  ['a link that runs', `<p>harmless</p><a href="javascript:${run}">x</a><a href=" jav&#x09;ascript:${run}">y</a>`],
  [
    'a page in the letter',
    `<p>harmless</p><iframe srcdoc="<script>${run}</script>"></iframe><iframe src="https://evil.example/"></iframe>`,
  ],
  ['objects', '<p>harmless</p><object data="https://evil.example/a"></object><embed src="https://evil.example/b">'],
  ['a page that goes elsewhere', '<meta http-equiv="refresh" content="0;url=https://evil.example/"><p>harmless</p>'],
  ['another base', '<base href="https://evil.example/"><p>harmless</p><img src="a.png"><a href="b">x</a>'],
  [
    'a style sheet from elsewhere',
    '<link rel=stylesheet href="https://evil.example/a.css"><link rel=preload as=image href="https://evil.example/b"><p>harmless</p>',
  ],
  [
    'names to look up',
    '<link rel="dns-prefetch" href="//evil.example"><link rel=preconnect href="https://evil.example"><p>harmless</p>',
  ],
  [
    'an imported style sheet',
    '<style>@import "https://evil.example/a.css"; @import url(https://evil.example/b.css)</style><p>harmless</p>',
  ],
  [
    'pictures in styles',
    '<style>p{background:url(https://evil.example/a)}</style><p style="background:url(\'https://evil.example/b\')">harmless</p>',
  ],
  [
    'a picture in a style, written with escapes',
    '<style>p{background:u\\72l(https://evil.example/a)}</style><p style="background:u\\72l(https://evil.example/b)">harmless</p>',
  ],
  [
    'a set of pictures in a style',
    '<style>p{background:image-set("https://evil.example/a" 1x)}</style><p>harmless</p>',
  ],
  [
    'a font from elsewhere',
    '<style>@font-face{font-family:e;src:url(https://evil.example/f)}p{font-family:e}</style><p>harmless</p>',
  ],
  [
    'a style attribute that is overlooked',
    '<p>harmless</p><p/style="background:url(https://evil.example/a)"><p\fstyle=background:url(https://evil.example/b)>',
  ],
  [
    'a remote picture',
    '<p>harmless</p><img src="https://evil.example/a.png"><img src="//evil.example/b.png"><img src="HTTP://evil.example/c">',
  ],
  [
    'sets of pictures',
    '<p>harmless</p><img srcset="https://evil.example/a 1x"><picture><source srcset="https://evil.example/b"><img></picture>',
  ],
  [
    'pictures behind tables',
    '<table background="https://evil.example/a"><td background="https://evil.example/b">harmless</table>',
  ],
  [
    'sound and film',
    '<p>harmless</p><audio src="https://evil.example/a" autoplay></audio><video poster="https://evil.example/b" src="https://evil.example/c"></video>',
  ],
  [
    'a form',
    '<form action="https://evil.example/"><p>harmless</p><input name=password><input type=image src="https://evil.example/a"><button>Send</button></form>',
  ],
  ['a link that reports', '<p>harmless</p><a href="https://a.example/" ping="https://evil.example/">x</a>'],
  [
    'names that shadow the page',
    '<p>harmless</p><img name=body><img id=documentElement><form name=defaultView></form>',
  ],
  [
    'our own attributes',
    '<p>harmless</p><img data-zegel-cid="x" src="https://evil.example/a"><p data-zegel-style="background:url(https://evil.example/b)">',
  ],
  [
    'an address that is a page',
    `<p>harmless</p><img src="data:text/html,<script>${run}</script>"><a href="data:text/html,x">x</a>`,
  ],
  ['nesting without end', `${'<div>'.repeat(20_000)}<p>harmless</p>`],
]

for (const [attack, html] of attacks)
  test(`a letter with ${attack} runs nothing, loads nothing, and is shown`, async (t) => {
    const { text, requests, violations, ran } = await show(t, html)
    assert.deepEqual({ requests, ran }, { requests: [], ran: false })
    // Styles that are overlooked are the policy's to stop; all else never gets so far.
    assert.deepEqual(
      violations.filter((directive) => !/^(style-src|img-src|font-src)/.test(directive)),
      [],
    )
    if (!attack.startsWith('nesting')) assert.match(text, /harmless/)
  })

test('remote pictures are counted by host, and those too small to see apart', async (t) => {
  const { held, html } = await show(
    t,
    '<img src="https://b.example/1" alt="Kopf"><img src="https://a.example/2" width=1 height=1><p style="background:url(https://b.example/3)">x</p>',
  )
  assert.deepEqual(held, { count: 3, tiny: 1, hosts: ['a.example', 'b.example'] })
  assert.match(html, /alt="Kopf"/)
})

test('the styles of a letter hold, though the page forbids style in markup, and nothing is reported', async (t) => {
  const { page, violations } = await show(
    t,
    '<style>.a{font-weight:700}</style><p class=a style="color:rgb(1, 2, 3)">x</p>',
  )
  const style = await page.evaluate(() => {
    const inside = document.querySelector('iframe')?.contentDocument
    const { color, fontWeight } = inside?.defaultView?.getComputedStyle(inside.querySelector('p') as Element) ?? {}
    return { color, fontWeight }
  })
  assert.deepEqual(style, { color: 'rgb(1, 2, 3)', fontWeight: '700' })
  assert.deepEqual(violations, [])
})

test('links open by themselves, say where they lead, and one that names another host shows its own', async (t) => {
  const { page, text } = await show(
    t,
    '<a href="https://news.example/r?a=1">Programm</a> <a href="https://phish.example/">www.bank.example</a> <a href="https://www.bank.example/x">bank.example</a> <a href="/here">nowhere</a>',
  )
  const links = await page.evaluate(() =>
    [...(document.querySelector('iframe')?.contentDocument?.querySelectorAll('a') ?? [])].map((link) => [
      link.getAttribute('href'),
      link.target,
      link.rel,
      link.title,
    ]),
  )
  const safe = ['_blank', 'noopener noreferrer']
  assert.deepEqual(links, [
    ['https://news.example/r?a=1', ...safe, 'https://news.example/r?a=1'],
    ['https://phish.example/', ...safe, 'https://phish.example/'],
    ['https://www.bank.example/x', ...safe, 'https://www.bank.example/x'],
    [null, '', '', ''],
  ])
  assert.match(text, /www\.bank\.example \(phish\.example\)/)
  assert.doesNotMatch(text, /bank\.example \(www/)
})

test('the frame is as high as its letter, and a letter as high as the window does not grow', async (t) => {
  const { height } = await show(t, '<div style="height:400px">x</div>')
  assert.equal(height, 400)
  const tall = await show(t, '<div style="min-height:100vh;padding:10px">x</div>')
  assert.ok(tall.height > 500 && tall.height < 700, String(tall.height))
})

test('a quote that ends a letter is folded, unless there is nothing else', async (t) => {
  const answered = await show(t, '<p>Ja.</p><blockquote type="cite">Kommst Du?</blockquote>')
  assert.match(answered.html, /<details><summary>Quoted<\/summary><blockquote/)
  const alone = await show(t, '<blockquote type="cite">Kommst Du?</blockquote>')
  assert.doesNotMatch(alone.html, /<details>/)
})

const hostile: [attack: string, html: string][] = [
  ['addresses in styles that never end', `<p style="${'url('.repeat(200_000)}">x`],
  ['imports that never end', `<style>${'@import '.repeat(100_000)}</style>x`],
  ['numbers without end', `<style>p{width:${'9'.repeat(800_000)}vh}</style>x`],
  ['a million attributes', `<p ${'a=b '.repeat(200_000)}>x`],
  ['a link of a million words', `<a href="https://a.example/">${'b.c '.repeat(200_000)}</a>`],
]

for (const [attack, html] of hostile)
  test(`a letter of ${attack} is shown in bounded time`, async (t) => {
    const { ran } = await show(t, html)
    assert.equal(ran, false)
  })
