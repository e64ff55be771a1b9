import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { TestContext } from 'node:test'
import { build } from 'vite'
import { openBrowser } from '../../../test/browser.ts'

/** The policy that the server gives the pages of the app. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; " +
  "connect-src 'self'; frame-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
const origin = 'https://mail.example.test'

let scripts: Map<string, string>

before(async () => {
  const entry = (name: string) => [name, `${import.meta.dirname}/${name}.ts`]
  const built = await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'silent',
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: Object.fromEntries([
          ...['clean', 'markup', 'to-text'].map(entry),
          ['sanitise', `${import.meta.dirname}/../reading/sanitise.ts`],
          ['squire', 'squire-rte'],
        ]),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      },
    },
  })
  const outputs = [built].flat().flatMap((one) => ('output' in one ? one.output : []))
  scripts = new Map(outputs.flatMap((one) => (one.type === 'chunk' ? [[`/${one.fileName}`, one.code]] : [])))
})

interface Written {
  /** What stands in the editor. */
  inside: string
  /** What is sent. */
  markup: string
  text: string
  heldBack: number
  embedded: number
  requests: string[]
  violations: string[]
  ran: boolean
}

/** Puts HTML into an editor on a page under the app's policy, as pasting does, and reads what would be sent. */
async function paste(t: TestContext, html: string, undo = false): Promise<Written> {
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
        body: '<!doctype html><title>page</title><div id="editor"></div><p id="outside">outside</p>',
      })
    requests.push(url.href)
    return route.abort()
  })
  await page.goto(`${origin}/`)
  const written = await page.evaluate(
    async ({ pasted, undone }) => {
      const violations: string[] = []
      document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective))
      const modules = ['clean', 'markup', 'to-text', 'squire'].map((name) => import(`/${name}.js`) as Promise<unknown>)
      const [{ clean }, { writeMarkup }, { toText }, { default: Squire }] = (await Promise.all(modules)) as [
        typeof import('./clean.ts'),
        typeof import('./markup.ts'),
        typeof import('./to-text.ts'),
        typeof import('squire-rte'),
      ]
      let heldBack = 0
      let embedded = 0
      const root = document.getElementById('editor') as HTMLElement
      const editor = new Squire(root, {
        sanitizeToDOMFragment(given: string) {
          const cleaned = clean(given, (cid) =>
            cid === 'known@picture' ? 'blob:https://mail.example.test/1' : undefined,
          )
          heldBack += cleaned.heldBack
          embedded += cleaned.embedded.length
          for (const { picture } of cleaned.embedded) picture.remove()
          return cleaned.content
        },
      })
      editor.setHTML('<div>Anfang</div>')
      editor.moveCursorToEnd()
      editor.insertHTML(pasted, true)
      if (undone) {
        editor.undo()
        editor.redo()
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
      return {
        inside: root.innerHTML,
        markup: writeMarkup(root),
        text: toText(root),
        heldBack,
        embedded,
        violations,
        ran: 'ran' in window || document.getElementById('outside')?.textContent !== 'outside',
      }
    },
    { pasted: html, undone: undo },
  )
  return { ...written, requests }
}

const attacks: [name: string, html: string][] = [
  ['a script', '<script>window.ran = 1</script>x'],
  ['a script in a broken tag', '<scr<script>ipt>window.ran = 1</scr</script>ipt>x'],
  ['an event attribute', '<img src=x onerror="window.ran = 1">x'],
  ['an event attribute with odd spacing', '<b/onmouseover\n=\t"window.ran=1"/style="x">x</b>'],
  ['an SVG with a script', '<svg><script>window.ran = 1</script><g onload="window.ran=1"></g></svg>x'],
  ['an SVG that animates a link', '<svg><a><animate attributeName=href values="javascript:window.ran=1"/>x</a></svg>'],
  ['mathematics that hide a picture', '<math><mtext><table><mglyph><style><img src=x onerror="window.ran=1">'],
  ['a frame', '<iframe srcdoc="<script>parent.ran=1</script>"></iframe>x'],
  ['an object', '<object data="https://evil.example/x"></object><embed src="https://evil.example/y">x'],
  ['a script address', '<a href="javascript:window.ran=1">x</a>'],
  ['a script address with control characters', '<a href="java\tscript\n:window.ran=1">x</a>'],
  ['a data page', '<a href="data:text/html,<script>window.ran=1</script>">x</a>'],
  ['a form over the page', '<form action="https://evil.example/"><input name=q><button>x</button></form>'],
  [
    'a style that covers the page',
    '<div style="position:fixed;inset:0;background:url(https://evil.example/s)">x</div>',
  ],
  ['a style sheet', '<style>@import "https://evil.example/c"; body { display: none }</style>x'],
  ['a linked style sheet', '<link rel=stylesheet href="https://evil.example/c"><base href="https://evil.example/">x'],
  ['a remote picture', '<img src="https://evil.example/p" srcset="https://evil.example/q 2x">x'],
  ['a picture without a scheme', '<img src="//evil.example/p">x'],
  [
    'a background',
    '<table background="https://evil.example/b"><tr><td background="//evil.example/c">x</td></tr></table>',
  ],
  ['a video', '<video src="https://evil.example/v" poster="https://evil.example/w" autoplay></video>x'],
  ['a page that asks to be loaded anew', '<meta http-equiv=refresh content="0;url=https://evil.example/">x'],
  ['names that hide properties of the page', '<a id=body name=forms>x</a><img name=getElementById><b id=outside>y</b>'],
  [
    'a field that may be written in',
    '<div contenteditable=false><button popovertarget=a>x</button><dialog open>y</dialog></div>',
  ],
  [
    'the bookmarks of the editor',
    '<input type=hidden id=squire-selection-start><input type=hidden id=squire-selection-end>x',
  ],
  ['the end of the editor', '</div></div></body></html><p onclick="window.ran=1">x</p>'],
  ['a template', '<template><img src=x onerror="window.ran=1"></template>x'],
  [
    'text that becomes a tag when it is moved',
    '<noscript><p title="</noscript><img src=x onerror=window.ran=1>">x</p></noscript>',
  ],
  ['a comment that is none', '<!--><img src=x onerror="window.ran=1">-->x'],
  ['ten thousand open elements', `${'<b><i><u>'.repeat(3333)}x`],
]

for (const [name, html] of attacks)
  test(`${name} gets neither into the editor nor out of it`, async (t) => {
    const { inside, markup, requests, violations, ran } = await paste(t, html)
    assert.ok(!ran, 'nothing ran')
    assert.deepEqual(requests, [], 'nothing was asked for')
    assert.deepEqual(violations, [], 'the policy had nothing to forbid')
    for (const html_ of [inside, markup]) {
      assert.doesNotMatch(
        html_,
        /<(?:script|style|link|meta|base|iframe|object|embed|svg|math|form|button|video|template|dialog|noscript)\b/i,
      )
      assert.doesNotMatch(html_, /\son[a-z]+=|javascript:|evil\.example|position:|srcset|contenteditable/i)
    }
    assert.doesNotMatch(inside, /\sstyle=/, 'the page’s policy forbids styles in markup')
  })

test('what a word processor copies keeps its meaning and loses its looks', async (t) => {
  const { markup, violations } = await paste(
    t,
    `<html><head><style>p.MsoNormal { margin: 0 }</style></head><body><!--StartFragment-->
    <p class=MsoNormal style="mso-margin-top-alt:auto"><b style="font-weight:normal"><span style="font-weight:700">Fett</span>,
    <span style="font-style:italic">kursiv</span> <o:p></o:p></b></p>
    <ul><li><a href="https://example.org/a?b=1&amp;c=2" onclick="x()">Link</a></li></ul><!--EndFragment--></body></html>`,
  )
  assert.match(markup, /<b>Fett<\/b>/)
  assert.match(markup, /<i>kursiv<\/i>/)
  assert.match(markup, /<ul><li>(?:<div>)?<a href="https:\/\/example\.org\/a\?b=1&amp;c=2">Link<\/a>/)
  assert.doesNotMatch(markup, /Mso|mso|font-weight|onclick|o:p/)
  assert.deepEqual(violations, [])
})

test('remote pictures are held back and counted, those of the letter and embedded ones stay', async (t) => {
  const png =
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const { markup, heldBack, embedded, requests } = await paste(
    t,
    `<img src="https://a.example/1.gif" alt="Karte"><img src="cid:known@picture"><img src="cid:other@picture"><img src="${png}">`,
  )
  assert.equal(heldBack, 1)
  assert.equal(embedded, 1)
  assert.match(markup, /Karte/)
  assert.match(markup, /<img src="cid:known@picture">/)
  assert.doesNotMatch(markup, /other@picture|a\.example/)
  assert.deepEqual(requests, [])
})

test('colours and sizes are classes in the editor and styles in the letter, there and back, also after undoing', async (t) => {
  const { inside, markup, violations } = await paste(
    t,
    '<div><span style="color:#b3261e">rot</span> <span style="font-size: 1.3em;">groß</span> <span style="color:pink">rosa</span></div>',
    true,
  )
  assert.match(inside, /<span class="ink-red">rot<\/span> <span class="size-large">groß<\/span>/)
  assert.match(markup, /<span style="color:#b3261e">rot<\/span> <span style="font-size:1.3em">groß<\/span>/)
  assert.doesNotMatch(markup, /pink|class=/)
  assert.deepEqual(violations, [])
})

const texts: [name: string, html: string, text: string][] = [
  ['lines', '<div>a</div><div><br></div><div>b<br>c</div>', 'a\n\nb\nc'],
  ['paragraphs', '<p>a</p><p>b</p>', 'a\n\nb'],
  ['a list', '<p>a</p><ul><li>b</li><li>c<ul><li>d</li></ul></li></ul><p>e</p>', 'a\n\n- b\n- c\n  - d\n\ne'],
  ['a numbered list', '<div>x</div><ol start="9"><li>a</li><li>b</li></ol>', 'x\n\n9. a\n10. b'],
  [
    'a quote',
    '<div>a</div><blockquote><div>b</div><blockquote><div>c</div></blockquote></blockquote>',
    'a\n\n> b\n>\n> > c',
  ],
  [
    'links',
    '<a href="https://example.org/">hier</a> <a href="https://example.org/">example.org</a>',
    'hier <https://example.org/> example.org',
  ],
  ['code', '<pre>a\n  b</pre>', 'a\n  b'],
  ['a table', '<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>', 'a  b\nc  d'],
  ['a signature', '<div>a</div><div class="signature"><div>Anna</div></div>', 'a\n\n-- \nAnna'],
]
for (const [name, html, text] of texts)
  test(`${name} can be read as plain text`, async (t) => {
    const written = await paste(t, html)
    assert.equal(written.text.replace(/^Anfang\n*/, ''), text)
  })

test('the quoted letter keeps its styles on the way out, and nothing that acts', async (t) => {
  const context = await openBrowser(t)
  const page = await context.newPage()
  const requests: string[] = []
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url())
    const code = scripts.get(url.pathname)
    if (code !== undefined) return route.fulfill({ contentType: 'text/javascript', body: code })
    if (url.href !== `${origin}/`) requests.push(url.href)
    return route.fulfill({
      contentType: 'text/html',
      headers: { 'Content-Security-Policy': policy },
      body: '<!doctype html><title>page</title>',
    })
  })
  await page.goto(`${origin}/`)
  const { markup, violations } = await page.evaluate(async () => {
    const found: string[] = []
    document.addEventListener('securitypolicyviolation', (event) => found.push(event.violatedDirective))
    const modules = ['sanitise', 'markup'].map((name) => import(`/${name}.js`) as Promise<unknown>)
    const [{ sanitise }, { writeMarkup }] = (await Promise.all(modules)) as [
      typeof import('../reading/sanitise.ts'),
      typeof import('./markup.ts'),
    ]
    const letter =
      '<table style="background:#fee; width:50%"><tr><td onclick="x()">a &lt;b&gt; data-zegel-style="x"</td></tr></table>' +
      '<img src="cid:one@letter" style="width:10px"><img src="https://a.example/p.gif"><script>x</' +
      'script>'
    const written = writeMarkup(sanitise(letter).body)
    await new Promise((resolve) => setTimeout(resolve, 100))
    return { markup: written, violations: found }
  })
  assert.match(markup, /<table style="background:#fee; width:50%">/)
  assert.match(markup, /<td>a &lt;b&gt; data-zegel-style=&quot;x&quot;<\/td>/)
  assert.match(markup, /<img src="cid:one@letter" style="width:10px">/)
  assert.doesNotMatch(markup, /onclick|script|a\.example/)
  assert.deepEqual([violations, requests], [[], []])
})
