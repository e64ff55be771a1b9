import type { Page } from 'playwright-core'
import { listQueue, showOwnLetter } from '#mail/outbound'
import type { TestServer } from '../server.ts'

/** The code in the newest letter to somebody at example.org with such a subject, as `./zegel queue show` tells it. */
export async function mailedCode({ storage }: TestServer, page: Page, subject: RegExp): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const own = (await listQueue(storage)).filter(
      ({ isOwn, destinations }) => isOwn && destinations.includes('example.org'),
    )
    for (const { id } of own.sort((a, b) => b.id - a.id)) {
      const { fields, text } = await showOwnLetter(storage, id)
      const isIt = fields.some(({ name, value }) => name === 'Subject' && subject.test(value))
      if (isIt) return /^\s+(\d{4} \d{4})\s*$/m.exec(text)?.[1] ?? ''
    }
    await page.waitForTimeout(100)
  }
  throw new Error('no such letter is in the queue')
}
