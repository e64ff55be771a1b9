/** From the letter of a reporter to the page of whoever runs the service. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createDomain, reportAddress } from '#accounts'
import { nowMs } from '#system'
import { openReading, sendTlsReports, takeReports } from '#trust/domain-reports'
import { openBrowser, watchRequests } from '../browser.ts'
import { bringReport, likeGoogle, likeYahoo, REPORTER_ZONE, tlsLikeGoogle } from '../domain-reports.ts'
import { startNameServer } from '../name-server.ts'
import { startServer } from '../server.ts'
import { addStaff, signInAtDesk } from '../staff.ts'
import { checkLooks } from './looks.ts'

const names = await startNameServer(
  { after },
  {
    ...REPORTER_ZONE,
    '_smtp._tls.asking.example': { TXT: ['v=TLSRPTv1; rua=mailto:tls@asking.example'] },
    'zegel.test': { A: ['192.0.2.10'] },
    '25.100.51.198.in-addr.arpa': { PTR: ['out.newsletters.example'] },
    'out.newsletters.example': { A: ['198.51.100.25'] },
  },
)
const server = await startServer({ after }, { dns: { servers: [names.address] } }, ['smtp', 'worker', 'desk'])
const { storage, config, desk } = server
const DAY = 86_400
const DOMAIN = 'lange-name-eines-vereins-mit-vielen-woertern.example'

test('who fails in our name, and how mail comes here by TLS, stands on a page', async (t) => {
  for (const domain of [DOMAIN, 'zweite.example']) await createDomain(storage, domain)
  const begin = Math.floor(nowMs() / 1000 / DAY) * DAY - DAY
  const to = reportAddress('dmarc', DOMAIN)
  for (let ago = 0; ago < 12; ago++)
    await bringReport(t, server.smtp, {
      to,
      file: gzipSync(
        (ago % 2 === 0 ? likeGoogle : likeYahoo)({
          domain: DOMAIN,
          reportId: `r${ago}`,
          begin: begin - ago * DAY,
          rows: [
            { source: '192.0.2.10', count: 900 + 31 * ago },
            { source: '198.51.100.25', count: 40 + 9 * ago, disposition: 'reject', dkim: 'fail', spf: 'fail' },
            { source: '203.0.113.77', count: 3, disposition: 'quarantine', dkim: 'fail', spf: 'fail' },
          ],
        }),
      ),
    })
  await bringReport(t, server.smtp, { to, file: gzipSync(gzipSync('x')) })
  await bringReport(t, server.smtp, {
    to: reportAddress('tls', DOMAIN),
    type: 'application/tlsrpt+gzip',
    file: gzipSync(
      tlsLikeGoogle({
        domain: DOMAIN,
        reportId: 't',
        day: new Date(begin * 1000).toISOString().slice(0, 10),
        successes: 2100,
        failures: [{ type: 'certificate-expired', mxHost: `mx.${DOMAIN}`, count: 7 }],
      }),
    ),
  })
  const reading = openReading()
  t.after(() => reading.close())
  await takeReports(storage, config, reading)
  const successes = {
    policy: { type: 'no-policy-found' as const, strings: [], mxHosts: [] },
    successes: 12,
    failures: [],
  }
  await sendTlsReports(storage, config, {
    read: async (day) =>
      Date.parse(day) === begin * 1000 ? [{ domain: 'asking.example', policies: [successes] }] : [],
    forget: async () => undefined,
  })

  const member = await addStaff(storage, config, { roles: ['operations'] })
  const context = await openBrowser(t, { ignoreHTTPSErrors: true, locale: 'de-DE', reducedMotion: 'reduce' })
  watchRequests(t, context, desk)
  context.setDefaultTimeout(45_000)
  const page = await context.newPage()
  await signInAtDesk(page, desk, member)
  await page.getByRole('link', { name: 'Berichte' }).click()
  await page.getByRole('heading', { level: 1, name: 'Berichte über unsere Domains' }).waitFor()
  await page.getByRole('heading', { name: `Nachrichten im Namen von ${DOMAIN}` }).waitFor()
  await page.getByText(/^Herkunft newsletters\.example: 1\.074 Nachrichten scheitern, weil jemand/).waitFor()
  await page.getByRole('rowheader', { name: 'dieser Server' }).waitFor()
  await page.getByRole('img', { name: 'Nachrichten nach Tagen: bestanden und gescheitert' }).waitFor()
  await page.getByText('Das Zertifikat war abgelaufen. Erneuern Sie es.').waitFor()
  await page.getByText('Es ist ein Archiv in einem Archiv.').waitFor()
  await page.getByRole('cell', { name: 'TLS zu ihren Servern' }).waitFor()
  await checkLooks(page, 'Berichte')
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 })
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true)
    const folder = process.env['ZEGEL_LOOKS']
    if (folder !== undefined) await page.screenshot({ path: `${folder}/reports-${width}.png`, fullPage: true })
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.getByLabel('Zeitraum').selectOption('7')
  await page.getByRole('button', { name: 'Anzeigen' }).click()
  await page.waitForURL((url) => url.searchParams.get('days') === '7')
  await page.getByRole('heading', { name: `Nachrichten im Namen von ${DOMAIN}` }).waitFor()
  await page.getByLabel('Domain').selectOption('zweite.example')
  await page.getByRole('button', { name: 'Anzeigen' }).click()
  await page.getByText('dmarc-reports@zweite.example').waitFor()
})
