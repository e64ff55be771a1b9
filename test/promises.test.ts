/** Promises that only the whole server keeps or breaks: every public page and the app are looked at as a stranger and as a person. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openBrowser, watchRequests } from './browser.ts'
import { addPerson } from './people.ts'
import { promised } from './promises.ts'
import { startServer } from './server.ts'
import { createStandardMailboxes } from '#mail'

const server = await startServer({ after })
const person = await addPerson(server.storage, { name: 'promise', language: 'en' }, createStandardMailboxes)

/** Every page that links lead to from the home page, in all languages, at most these. */
const MOST_PAGES = 100

/** Follows links to pages of this server. @returns what each path answered */
async function crawl(): Promise<Map<string, { headers: Headers; html: string }>> {
  const found = new Map<string, { headers: Headers; html: string }>()
  const waiting = ['/de/', '/fr/', '/nl/', '/en/']
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (found.has(path) || path.startsWith('/app/')) continue
    const response = await fetch(server.http + path, { redirect: 'manual' })
    const html = await response.text()
    found.set(path, { headers: response.headers, html })
    assert.ok(found.size <= MOST_PAGES)
    for (const [, link = ''] of html.matchAll(/<a\b[^>]*\bhref="(\/[^"#?]*)"/g)) waiting.push(link)
  }
  assert.ok(found.size >= 16, `${found.size} pages were found`)
  return found
}

test(promised(11), async (t) => {
  for (const [path, { headers, html }] of await crawl()) {
    assert.equal(headers.get('set-cookie'), null, path)
    assert.doesNotMatch(html, /document\.cookie|localStorage/, path)
  }
  const context = await openBrowser(t, { locale: 'en-GB' })
  const page = await context.newPage()
  await page.goto(`${server.http}/en/policy`)
  await page.goto(`${server.http}/en/sign-in`)
  assert.deepEqual(await context.cookies(), [])
  await page.getByLabel('Address').fill(person.address)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { level: 1 }).waitFor()
  const [cookie, ...others] = await context.cookies()
  assert.deepEqual(others, [])
  assert.match(cookie?.name ?? '', /^(__Host-)?zegel$/)
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.path], [true, 'Lax', '/'])
})

test(promised(12), async (t) => {
  const pages = await crawl()
  for (const [path, { headers }] of pages) {
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src '(none|self)'/, path)
    assert.doesNotMatch(policy, /https?:|\*/, path)
    assert.match(headers.get('referrer-policy') ?? '', /^(no-referrer|same-origin)$/, path)
  }
  const context = await openBrowser(t)
  // Fails the test at its end when a request has left.
  watchRequests(t, context, server.http)
  const page = await context.newPage()
  for (const path of pages.keys()) await page.goto(server.http + path)
})

const COUNTRY = { de: 'Belgien', fr: 'Belgique', nl: 'België', en: 'Belgium' }

test(promised(17), async () => {
  const pages = await crawl()
  for (const [language, country] of Object.entries(COUNTRY))
    for (const name of ['policy', 'terms']) {
      const { html = '' } = pages.get(`/${language}/${name}`) ?? {}
      assert.ok(html.includes(country), `${language}/${name} names the law`)
      assert.ok(html.includes(server.config.hostname), `${language}/${name} names the service`)
    }
})
